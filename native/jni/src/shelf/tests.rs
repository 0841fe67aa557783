use std::path::PathBuf;

use blocklist::Preset;
use blocklist::compiled::{Kind, SourceRule};
use minisign::{KeyPair, SecretKey};
use trust::Day;

use super::*;

/// Noon of 2099-06-01: after every version of the list that is compiled in.
const NOW: u64 = 4_083_998_400;

/// A folder with a signed list.
struct Folder {
    path: PathBuf,
    secret: SecretKey,
    shelf: Shelf,
}

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hushwall-shelf-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        let KeyPair { pk, sk } = KeyPair::generate_unencrypted_keypair().unwrap();
        let public = pk.to_box().unwrap().into_string();
        Self {
            path,
            secret: sk,
            shelf: Shelf::with_keys(Some(Keys::parse(&public, None).unwrap())),
        }
    }

    fn file(&self, name: &str) -> String {
        self.path.join(name).to_str().unwrap().to_owned()
    }

    /// Writes an edition of the built-in list on one name, signs it, and says what the app would say of it.
    fn edition(&self, version: u64, expires: &str) -> ListFile {
        let rules = [SourceRule {
            id: "new/rule",
            pattern: "new.example",
            subdomains: true,
            kind: Kind::Block(Preset::Balanced),
            what: "",
            reply: None,
        }];
        let bytes = compiled::build(&[ListSource::Records {
            title: "Hushwall",
            rules: &rules,
            features: &[],
        }])
        .unwrap();
        fs::write(self.file("a.list"), &bytes).unwrap();
        self.sign(version, expires, &bytes);
        ListFile {
            title: "Hushwall".to_owned(),
            path: self.file("a.list"),
            role: ListRole::Edition,
            manifest: Some(self.file("list.manifest")),
        }
    }

    fn sign(&self, version: u64, expires: &str, bytes: &[u8]) {
        let (version, expires) = (Version::new(version).unwrap(), Day::parse(expires).unwrap());
        let manifest = Manifest::new(version, expires, [("a.list", bytes)])
            .unwrap()
            .to_string();
        let signature = minisign::sign(None, &self.secret, manifest.as_bytes(), Some("a list"), None);
        fs::write(self.file("list.manifest"), &manifest).unwrap();
        fs::write(
            self.file("list.manifest.minisig"),
            signature.unwrap().into_string(),
        )
        .unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn version_of(content: Option<&Content>) -> Option<u64> {
    match content {
        Some(Content::Edition(_, version)) => Some(version.number()),
        _ => None,
    }
}

#[test]
fn signed_edition_comes_into_force() {
    let mut folder = Folder::new("signed");
    let file = folder.edition(2_099_053_101, "2099-09-30");
    let (content, error) = folder.shelf.open(&file, 0, NOW);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(version_of(content.as_ref()), Some(2_099_053_101));
}

#[test]
fn changed_file_or_signature_leaves_the_last_good_one() {
    let mut folder = Folder::new("changed");
    let file = folder.edition(2_099_053_101, "2099-09-30");
    assert!(folder.shelf.open(&file, 0, NOW).1.is_none());
    for name in ["a.list", "list.manifest", "list.manifest.minisig"] {
        let good = fs::read(folder.file(name)).unwrap();
        for at in (0..good.len()).step_by(7) {
            let mut bad = good.clone();
            bad[at] ^= 0x20;
            fs::write(folder.file(name), &bad).unwrap();
            let (content, error) = folder.shelf.open(&file, 0, NOW);
            // A signature file has comments, of which one is not signed.
            assert!(error.is_some() || name.ends_with("minisig"), "{name} at {at}");
            assert_eq!(version_of(content.as_ref()), Some(2_099_053_101));
        }
        fs::remove_file(folder.file(name)).unwrap();
        let (content, error) = folder.shelf.open(&file, 0, NOW);
        assert_eq!(error.unwrap().code(), code::LIST_UNREADABLE);
        assert!(content.is_some());
        fs::write(folder.file(name), &good).unwrap();
    }
}

#[test]
fn roll_back_and_expired_offers_are_old_and_what_is_in_force_stays() {
    let mut folder = Folder::new("old");
    let file = folder.edition(2_099_053_101, "2099-05-31");
    let (content, error) = folder.shelf.open(&file, 0, NOW);
    assert_eq!(
        (content.is_some(), error.unwrap().code()),
        (false, code::LIST_OLD)
    );
    let (content, error) = folder.shelf.open(&file, 2_099_053_102, NOW);
    assert_eq!(
        (content.is_some(), error.unwrap().code()),
        (false, code::LIST_OLD)
    );
    // The same list, taken when it was an offer.
    let (content, error) = folder.shelf.open(&file, 2_099_053_101, NOW);
    assert!(content.is_some() && error.is_none());
    // Of a day before there were lists: not every version less a day is one, as months begin.
    let older = folder.edition(2_026_010_101, "2099-09-30");
    assert_eq!(
        folder.shelf.open(&older, 0, NOW).1.unwrap().code(),
        code::LIST_OLD
    );
}

#[test]
fn edition_without_signature_or_key_is_not_trusted() {
    let mut folder = Folder::new("unsigned");
    let file = folder.edition(2_099_053_101, "2099-09-30");
    let unsigned = ListFile {
        manifest: None,
        ..file.clone()
    };
    assert_eq!(
        folder.shelf.open(&unsigned, 0, NOW).1.unwrap().code(),
        code::LIST_TRUST
    );
    let mut other = Shelf::with_keys(Folder::new("other").shelf.keys.clone());
    assert_eq!(other.open(&file, 0, NOW).1.unwrap().code(), code::LIST_TRUST);
    let mut none = Shelf::with_keys(None);
    assert_eq!(none.open(&file, 0, NOW).1.unwrap().code(), code::LIST_TRUST);
}

#[test]
fn edition_has_to_be_compiled_and_an_allow_list_text() {
    let mut folder = Folder::new("form");
    let file = folder.edition(2_099_053_101, "2099-09-30");
    let allow = ListFile {
        role: ListRole::Allow,
        ..file.clone()
    };
    assert_eq!(
        folder.shelf.open(&allow, 0, NOW).1.unwrap().code(),
        code::LIST_FORM
    );
    let text = b"0.0.0.0 new.example\n";
    fs::write(folder.file("a.list"), text).unwrap();
    folder.sign(2_099_053_101, "2099-09-30", text);
    assert_eq!(
        folder.shelf.open(&file, 0, NOW).1.unwrap().code(),
        code::LIST_FORM
    );
    let own = ListFile {
        manifest: None,
        ..allow
    };
    assert!(matches!(
        folder.shelf.open(&own, 0, NOW),
        (Some(Content::Allow(_)), None)
    ));
}

#[test]
fn list_that_is_no_longer_wanted_is_forgotten() {
    let mut folder = Folder::new("forgotten");
    let file = folder.edition(2_099_053_101, "2099-09-30");
    assert!(folder.shelf.open(&file, 0, NOW).1.is_none());
    folder.shelf.keep(&[]);
    fs::remove_file(&file.path).unwrap();
    assert!(folder.shelf.open(&file, 0, NOW).0.is_none());
}
