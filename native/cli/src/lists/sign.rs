//! `hushwall lists sign`: a manifest of the files of a list, and its signature.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context as _, anyhow, bail, ensure};
use minisign::{ErrorKind, KeyPair, PublicKey, SecretKey, SecretKeyBox};
use trust::{Day, Keys, Manifest, Offered, Version};

use super::edition;

/// Days that a list is offered for, unless it is said otherwise: four updates may be missed.
const DAYS: u32 = 120;

/// Sign the files of a list: writes a manifest, and its signature beside it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The files, all in one folder.
    #[arg(value_name = "FILE", required_unless_present = "new_key")]
    files: Vec<PathBuf>,
    /// The secret key, as minisign writes it.
    #[arg(long, value_name = "FILE", required_unless_present = "new_key")]
    secret_key: Option<PathBuf>,
    /// Read the key's password from the first line of this file, instead of asking.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Year, month, day and a number within the day, such as 2026112101; never lower than before.
    /// Without it, that of `blocklists/VERSION` here, else that of this program's own lists.
    #[arg(long, value_name = "VERSION", value_parser = Version::parse)]
    list_version: Option<Version>,
    /// Days after the version's day until which the list may be offered.
    #[arg(long, value_name = "DAYS", default_value_t = DAYS)]
    days: u32,
    /// The manifest to write; its signature gets the same name and `.minisig`.
    #[arg(short, long, value_name = "FILE", required_unless_present = "new_key")]
    output: Option<PathBuf>,
    /// Make a key pair instead: this file, to be kept secret, and its `.pub`, to be given away.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "secret_key", "output"])]
    new_key: Option<PathBuf>,
}

/// Signs, or makes a key.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let password = args.password_file.as_deref().map(password).transpose()?;
    match (&args.new_key, &args.secret_key, &args.output) {
        (Some(path), ..) => make_key(path, password)?,
        (None, Some(key), Some(output)) => sign(&args, &secret_key(key, password)?, output)?,
        _ => bail!("give --secret-key and --output, or --new-key"),
    }
    Ok(ExitCode::SUCCESS)
}

fn sign(args: &Args, key: &SecretKey, output: &Path) -> anyhow::Result<()> {
    let version = args.list_version.map_or_else(|| edition::version(&[]), Ok)?;
    check_version(version, output)?;
    if let Some(warning) = below_builtin(version, edition::builtin_version()?) {
        writeln!(io::stderr(), "warning: {warning}")?;
    }
    let log = args.secret_key.as_deref().map(log_path);
    let mut files = Vec::new();
    for path in &args.files {
        ensure!(
            folder(path) == folder(output),
            "{}: the manifest names files without a folder, so it lies beside them; write it there with -o",
            path.display()
        );
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.with_context(|| path.display().to_string())?;
        let bytes = fs::read(path).with_context(|| path.display().to_string())?;
        check_head(&bytes, version, path)?;
        files.push((name, bytes));
    }
    let expires = version.built().plus(args.days);
    let files = files.iter().map(|(name, bytes)| (*name, bytes.as_slice()));
    let manifest = Manifest::new(version, expires, files)
        .context("these files make no manifest; name each once, in letters, digits, `.`, `_`, `-`")?
        .to_string();
    if let Some(log) = &log {
        check_log(log, version, &manifest)?;
    }
    let comment = format!("hushwall list {version}, until {expires}");
    let signature = minisign::sign(
        None,
        key,
        manifest.as_bytes(),
        Some(&comment),
        Some("a list of Hushwall"),
    )?
    .into_string();

    // What is written is what the phone accepts.
    let public = PublicKey::from_secret_key(key)?.to_base64();
    Offered::parse(&Keys::parse(&public, None)?, manifest.as_bytes(), &signature)?;
    if let Some(log) = &log {
        note(log, version, &manifest)?;
    }
    fs::write(output, &manifest).with_context(|| output.display().to_string())?;
    let beside = signature_path(output);
    fs::write(&beside, signature).with_context(|| beside.display().to_string())?;
    writeln!(
        io::stdout(),
        "version {version}, offered until {expires}: {} and {}",
        output.display(),
        beside.display()
    )?;
    Ok(())
}

/// An export says its version in its head: a file of another day was not meant.
fn check_head(bytes: &[u8], version: Version, path: &Path) -> anyhow::Result<()> {
    let head = String::from_utf8_lossy(bytes.get(..HEAD).unwrap_or(bytes));
    let said = head.lines().find_map(|line| {
        let comment = line.trim_start_matches(['#', '!', ';', '/', ' ']);
        Version::parse(comment.strip_prefix("Version:")?.trim()).ok()
    });
    ensure!(
        said.is_none_or(|said| said == version),
        "{} says of itself that it is version {}, and {version} is to be signed; export it again, or give --list-version",
        path.display(),
        said.map_or_else(String::new, |said| said.to_string())
    );
    Ok(())
}

/// Bytes of a file in which its head is looked for.
const HEAD: usize = 2048;

/// A version once signed is out; a lower one would be refused by every phone, and one from the future would shut out
/// all that come before it.
fn check_version(version: Version, output: &Path) -> anyhow::Result<()> {
    let today = Day::of_unix(now());
    ensure!(
        version.built() <= today.plus(1),
        "version {version} is of a day to come (today is {today}): phones would refuse every list until then"
    );
    if let Some(before) = fs::read(output)
        .ok()
        .and_then(|bytes| Manifest::parse(&bytes).ok())
    {
        ensure!(
            version > before.version(),
            "{} is version {} already; phones refuse to go back, take a higher one",
            output.display(),
            before.version()
        );
    }
    Ok(())
}

/// A phone has had the list that its app was built with.
fn below_builtin(version: Version, builtin: Version) -> Option<String> {
    (version < builtin).then(|| {
        format!(
            "version {version} is below that of the built-in list, {builtin}: phones with it refuse the list; take a higher \
             one"
        )
    })
}

/// Beside a key: what it has signed, a line a file, so that a version is given once wherever the manifest goes.
fn log_path(key: &Path) -> PathBuf {
    key.with_added_extension("signed")
}

/// Phones take a list of the version that they have: two of one version would both be in force, here and there.
fn check_log(log: &Path, version: Version, manifest: &str) -> anyhow::Result<()> {
    let text = match fs::read_to_string(log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read.with_context(|| log.display().to_string())?,
    };
    for line in log_lines(version, manifest) {
        let is_same_file = |signed: &str| {
            let file = |line: &str| {
                let version = line.split(' ').next().map(str::to_owned);
                version.zip(line.rsplit(' ').next().map(str::to_owned))
            };
            signed != line && file(signed) == file(&line)
        };
        ensure!(
            !text.lines().any(is_same_file),
            "this key has signed another {} as version {version} ({}); take a higher one",
            line.rsplit(' ').next().unwrap_or_default(),
            log.display()
        );
    }
    Ok(())
}

fn note(log: &Path, version: Version, manifest: &str) -> anyhow::Result<()> {
    let file = OpenOptions::new().append(true).create(true).open(log);
    let mut file = file.with_context(|| log.display().to_string())?;
    let lines: String = log_lines(version, manifest).map(|line| line + "\n").collect();
    file.write_all(lines.as_bytes())
        .with_context(|| log.display().to_string())
}

/// The version, and a file that stands for it: `2026112101 sha256 HASH LENGTH NAME`.
fn log_lines(version: Version, manifest: &str) -> impl Iterator<Item = String> {
    let files = manifest.lines().filter(|line| line.starts_with("sha256 "));
    files.map(move |file| format!("{version} {file}"))
}

fn make_key(path: &Path, password: Option<String>) -> anyhow::Result<()> {
    let public = path.with_added_extension("pub");
    // Both, before either is written: a secret key without its public half is of no use.
    for path in [path, &public] {
        ensure!(
            fs::symlink_metadata(path).is_err(),
            "{} is there already, and a key that is in use must not be written over; give another name",
            path.display()
        );
    }
    let pair = KeyPair::generate_encrypted_keypair(password)?;
    let secret = pair.sk.to_box(None)?.into_string();
    for (path, text, mode) in [
        (path, secret, 0o600),
        (&public, pair.pk.to_box()?.into_string(), 0o644),
    ] {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path);
        let mut file = file.with_context(|| path.display().to_string())?;
        file.write_all(text.as_bytes())?;
    }
    writeln!(
        io::stdout(),
        "{}: keep it secret, and a copy elsewhere\n{}: give it away",
        path.display(),
        public.display()
    )?;
    Ok(())
}

fn secret_key(path: &Path, password: Option<String>) -> anyhow::Result<SecretKey> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    // A key for machines has no password; whether it has one is seen by trying.
    let key = match SecretKeyBox::from(text.clone()).into_unencrypted_secret_key() {
        Err(error) if matches!(error.kind(), ErrorKind::Io) => {
            SecretKeyBox::from(text).into_secret_key(password)
        }
        read => read,
    };
    key.map_err(|error| anyhow!("{}: {error}", path.display()))
}

fn password(path: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn folder(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

/// Where the signature of a manifest lies.
pub(super) fn signature_path(manifest: &Path) -> PathBuf {
    manifest.with_added_extension("minisig")
}

/// Seconds since 1970, of this machine's clock; none for a clock before that.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_says_another_version_is_not_signed() {
        let version = Version::parse("2026112101").unwrap();
        let check = |text: &str| check_head(text.as_bytes(), version, Path::new("hosts.txt"));
        for text in [
            "# Title: T\n# Version: 2026112101\n",
            "! Version: 2026112101\n",
            "0.0.0.0 a.example\n",
            "",
        ] {
            assert!(check(text).is_ok(), "{text}");
        }
        let error = check("// Title: T\n// Version: 2026112000\n")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("version 2026112000, and 2026112101 is to be signed"),
            "{error}"
        );
    }

    #[test]
    fn a_version_below_the_built_in_one_is_warned_of() {
        let version = |text| Version::parse(text).unwrap();
        let builtin = edition::builtin_version().unwrap();
        let warning = below_builtin(version("2026112102"), builtin).unwrap();
        assert!(
            warning.contains(&format!("built-in list, {builtin}")),
            "{warning}"
        );
        assert_eq!(below_builtin(builtin, builtin), None);
        assert_eq!(below_builtin(version("2026120102"), version("2026120101")), None);
    }
}
