use clap::Parser;
use minisign::KeyPair;

use super::*;

#[derive(Debug, Parser)]
struct SignLine {
    #[command(flatten)]
    args: sign::Args,
}

#[derive(Debug, Parser)]
struct VerifyLine {
    #[command(flatten)]
    args: Args,
}

/// The version of the built-in lists, and those after it: a version below is refused, whatever else is tried.
fn later(number: u64) -> String {
    let builtin = edition::builtin_version().unwrap().number();
    (builtin + number).to_string()
}

/// The day so many days after that of the built-in lists.
fn day(days: u32) -> String {
    edition::builtin_version().unwrap().built().plus(days).to_string()
}

/// A folder with a key for machines, a list, and a manifest of it.
fn signed(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("hushwall-sign-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let KeyPair { pk, sk } = KeyPair::generate_unencrypted_keypair().unwrap();
    fs::write(folder.join("key"), sk.to_box(None).unwrap().into_string()).unwrap();
    fs::write(folder.join("key.pub"), pk.to_box().unwrap().into_string()).unwrap();
    fs::write(folder.join("hosts.txt"), "0.0.0.0 ads.example\n").unwrap();
    let _ = fs::remove_file(folder.join("list"));
    sign_again(&folder, &later(0)).unwrap();
    folder
}

fn sign_again(folder: &Path, version: &str) -> anyhow::Result<ExitCode> {
    sign_as(folder, version, "list")
}

fn sign_as(folder: &Path, version: &str, manifest: &str) -> anyhow::Result<ExitCode> {
    let path = |name| folder.join(name).to_str().unwrap().to_owned();
    let line = [
        "sign".to_owned(),
        "--secret-key".to_owned(),
        path("key"),
        "--list-version".to_owned(),
        version.to_owned(),
        "-o".to_owned(),
        path(manifest),
        path("hosts.txt"),
    ];
    sign::run(SignLine::parse_from(line).args)
}

fn verify(folder: &Path, more: &[&str]) -> ExitCode {
    let (manifest, key) = (folder.join("list"), folder.join("key.pub"));
    let line = [
        "verify",
        manifest.to_str().unwrap(),
        "--key",
        key.to_str().unwrap(),
    ];
    run(VerifyLine::parse_from(line.iter().chain(more)).args).unwrap()
}

#[test]
fn list_is_accepted_as_it_was_signed() {
    assert_eq!(verify(&signed("good"), &["--on", &day(9)]), ExitCode::SUCCESS);
}

#[test]
fn changed_and_missing_files_are_refused() {
    let folder = signed("changed");
    let soon = day(9);
    let soon = ["--on", soon.as_str()];
    fs::write(folder.join("hosts.txt"), "0.0.0.0 ads.exampel\n").unwrap();
    assert_eq!(verify(&folder, &soon), ExitCode::from(REFUSED));
    fs::remove_file(folder.join("hosts.txt")).unwrap();
    assert_eq!(verify(&folder, &soon), ExitCode::from(REFUSED));
}

#[test]
fn old_version_and_old_list_are_refused_as_offers() {
    let folder = signed("old");
    assert_eq!(
        verify(&folder, &["--seen", &later(1), "--on", &day(9)]),
        ExitCode::from(REFUSED)
    );
    let expired = day(800);
    assert_eq!(verify(&folder, &["--on", &expired]), ExitCode::from(REFUSED));
    assert_eq!(
        verify(&folder, &["--on", &expired, "--in-force"]),
        ExitCode::SUCCESS
    );
    assert_eq!(verify(&folder, &["--on", "1970-01-01"]), ExitCode::SUCCESS);
}

#[test]
fn version_is_not_signed_twice_nor_ahead_of_its_day() {
    let folder = signed("twice");
    let again = sign_again(&folder, &later(0)).unwrap_err().to_string();
    assert!(again.contains("higher"), "{again}");
    let ahead = sign_again(&folder, "9998112101").unwrap_err().to_string();
    assert!(ahead.contains("to come"), "{ahead}");
}

#[test]
fn version_is_given_once_whatever_the_manifest_is_called() {
    let folder = signed("once");
    assert!(sign_as(&folder, &later(0), "same").is_ok(), "the same file");
    fs::write(folder.join("hosts.txt"), "0.0.0.0 other.example\n").unwrap();
    let other = sign_as(&folder, &later(0), "other").unwrap_err().to_string();
    assert!(other.contains("higher") && other.contains("hosts.txt"), "{other}");
    assert!(!folder.join("other").exists());
    assert!(sign_as(&folder, &later(1), "other").is_ok());
}

#[test]
fn export_of_another_version_is_not_signed() {
    let folder = signed("head");
    let said = later(0);
    let export = format!("# Title: T\n# Version: {said}\n0.0.0.0 ads.example\n");
    fs::write(folder.join("hosts.txt"), export).unwrap();
    let error = sign_as(&folder, &later(1), "new").unwrap_err().to_string();
    assert!(error.contains(&format!("version {said}")), "{error}");
}

#[test]
fn new_key_is_made_whole_or_not_at_all() {
    let folder = std::env::temp_dir().join(format!("hushwall-sign-{}-key", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (key, password) = (folder.join("k"), folder.join("password"));
    fs::write(folder.join("k.pub"), "in use").unwrap();
    fs::write(&password, "secret\n").unwrap();
    let line = [
        "sign",
        "--new-key",
        key.to_str().unwrap(),
        "--password-file",
        password.to_str().unwrap(),
    ];
    let error = sign::run(SignLine::parse_from(line).args)
        .unwrap_err()
        .to_string();
    assert!(error.contains("k.pub is there already"), "{error}");
    assert!(!key.exists(), "no secret without its public half");
}

#[test]
fn file_of_another_folder_is_told_how_to_mend() {
    let folder = signed("apart");
    let elsewhere = signed("elsewhere").join("hosts.txt");
    let line = SignLine::parse_from([
        "sign",
        "--secret-key",
        folder.join("key").to_str().unwrap(),
        "-o",
        folder.join("other").to_str().unwrap(),
        elsewhere.to_str().unwrap(),
    ]);
    let error = sign::run(line.args).unwrap_err().to_string();
    assert!(error.contains("-o"), "{error}");
}
