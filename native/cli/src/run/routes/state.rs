//! The record of what was changed, so that this run, or the next one after a kill -9, takes it back.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::ip::{Ip, IpError};
use super::step::Step;
use crate::run::NO_RIGHTS;

/// What `ip` says, in lower case, of something that is not there: gone with its device, or never made.
const GONE: [&str; 5] = [
    "no such",
    "cannot find device",
    "cannot assign requested address",
    "does not exist",
    "not found",
];

/// Why the record could not be kept, or an earlier one not be taken back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    /// Another Hushwall holds this network.
    #[error("another Hushwall runs here on {device}; stop it first")]
    AlreadyRuns {
        /// Its device.
        device: String,
    },
    /// The file system wants another user.
    #[error("{NO_RIGHTS}")]
    NotPermitted,
    /// The file system said no.
    #[error("{}", path.display())]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// `ip` said no.
    #[error(transparent)]
    Ip(#[from] IpError),
}

impl StateError {
    fn file(path: PathBuf, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::PermissionDenied => Self::NotPermitted,
            _ => Self::File { path, source },
        }
    }
}

/// A state file, locked while its Hushwall lives: `<network namespace>-<device>.state`, a [`Step`] a line, each
/// written before its change is made.
#[derive(Debug)]
pub(crate) struct State {
    path: PathBuf,
    file: File,
}

impl State {
    /// Takes back what a killed Hushwall left in this network, and begins a record of its own.
    pub(crate) fn claim(
        folder: &Path,
        network: &str,
        device: &str,
        ip: &mut impl Ip,
    ) -> Result<Self, StateError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StateError::file(path, source)
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        for entry in fs::read_dir(folder).map_err(failed(folder))? {
            let path = entry.map_err(failed(folder))?.path();
            let Some(left) = device_of(&path, network) else {
                continue;
            };
            match Self::open(&path).map_err(failed(&path))? {
                Some(state) => state.take_back(ip)?,
                None => return Err(StateError::AlreadyRuns { device: left }),
            }
        }
        let path = folder.join(format!("{network}-{device}.state"));
        let state = Self::open(&path).map_err(failed(&path))?;
        state.ok_or_else(|| StateError::AlreadyRuns {
            device: device.to_owned(),
        })
    }

    /// Records a step and makes it.
    pub(crate) fn make(&mut self, step: &Step, ip: &mut impl Ip) -> Result<(), StateError> {
        self.file
            .write_all(format!("{step}\n").as_bytes())
            .map_err(|source| StateError::file(self.path.clone(), source))?;
        match ip.run(&step.make()) {
            // Already there is as good as made, and is taken back all the same.
            Err(IpError::Refused { message, .. }) if message.contains("File exists") => Ok(()),
            outcome => Ok(outcome?),
        }
    }

    /// Takes back every recorded step, last first, and ends the record. What could not be taken back stays recorded
    /// for the next start; the first such error is returned after all steps were tried.
    pub(crate) fn take_back(&self, ip: &mut impl Ip) -> Result<(), StateError> {
        let failed = |source| StateError::file(self.path.clone(), source);
        let text = fs::read_to_string(&self.path).map_err(failed)?;
        let mut first = None;
        // A line that a kill cut off was never acted on, and cut off it may mean somebody else's rule.
        let whole = text
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n')?.parse::<Step>().ok());
        for step in whole.collect::<Vec<_>>().iter().rev() {
            if let Err(error) = ip.run(&step.take_back())
                && !is_gone(&error)
            {
                first.get_or_insert(error);
            }
        }
        match first {
            Some(error) => Err(error.into()),
            None => fs::remove_file(&self.path).map_err(failed),
        }
    }

    /// Opens and locks; `None` if a living Hushwall holds the lock.
    fn open(path: &Path) -> io::Result<Option<Self>> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self {
                path: path.to_owned(),
                file,
            })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

fn device_of(path: &Path, network: &str) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let device = name
        .strip_prefix(network)?
        .strip_prefix('-')?
        .strip_suffix(".state")?;
    Some(device.to_owned())
}

fn is_gone(error: &IpError) -> bool {
    let IpError::Refused { message, .. } = error else {
        return false;
    };
    let message = message.to_ascii_lowercase();
    GONE.iter().any(|gone| message.contains(gone))
}

#[cfg(test)]
mod tests {
    use super::super::step::{Family, Object};
    use super::*;

    /// Remembers what it was asked, and refuses what it was told to.
    #[derive(Debug, Default)]
    struct Script {
        calls: Vec<String>,
        refuse: Vec<(&'static str, &'static str)>,
    }

    impl Ip for Script {
        fn run(&mut self, arguments: &[&str]) -> Result<(), IpError> {
            let arguments = arguments.join(" ");
            self.calls.push(arguments.clone());
            match self.refuse.iter().find(|(part, _)| arguments.contains(part)) {
                Some((_, message)) => Err(IpError::Refused {
                    arguments,
                    message: (*message).to_owned(),
                }),
                None => Ok(()),
            }
        }
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("hushwall-state-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn steps() -> [Step; 3] {
        [
            Step::new(Family::V4, Object::Address, "10.0.0.1/30 dev t"),
            Step::new(Family::V4, Object::Route, "default dev t table 7"),
            Step::new(Family::V6, Object::Rule, "pref 9 lookup 7"),
        ]
    }

    #[test]
    fn steps_are_taken_back_last_first_and_the_record_ends() {
        let folder = folder("order");
        let mut ip = Script::default();
        let mut state = State::claim(&folder, "1", "t", &mut ip).unwrap();
        for step in &steps() {
            state.make(step, &mut ip).unwrap();
        }
        state.take_back(&mut ip).unwrap();
        assert_eq!(
            ip.calls,
            [
                "-4 address add 10.0.0.1/30 dev t",
                "-4 route add default dev t table 7",
                "-6 rule add pref 9 lookup 7",
                "-6 rule del pref 9 lookup 7",
                "-4 route del default dev t table 7",
                "-4 address del 10.0.0.1/30 dev t",
            ]
        );
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn step_is_on_record_before_it_is_made() {
        let folder = folder("before");
        let mut ip = Script {
            refuse: vec![("route add", "RTNETLINK answers: Operation not permitted")],
            ..Script::default()
        };
        let mut state = State::claim(&folder, "1", "t", &mut ip).unwrap();
        assert!(state.make(&steps()[1], &mut ip).is_err());
        assert_eq!(
            fs::read_to_string(folder.join("1-t.state")).unwrap(),
            "-4 route default dev t table 7\n"
        );
    }

    #[test]
    fn next_start_takes_back_what_a_killed_one_left() {
        let folder = folder("killed");
        let mut ip = Script::default();
        let mut state = State::claim(&folder, "1", "old", &mut ip).unwrap();
        for step in &steps() {
            state.make(step, &mut ip).unwrap();
        }
        // A kill releases the lock and leaves the file, perhaps with half a line.
        state.file.write_all(b"-4 rule pref 3").unwrap();
        drop(state);
        let mut ip = Script {
            refuse: vec![("dev t", "Cannot find device \"t\"")],
            ..Script::default()
        };
        let _state = State::claim(&folder, "1", "new", &mut ip).unwrap();
        assert_eq!(ip.calls.len(), 3, "{:?}", ip.calls);
        assert!(!folder.join("1-old.state").exists());
        assert!(folder.join("1-new.state").exists());
    }

    #[test]
    fn what_cannot_be_taken_back_stays_on_record_and_the_rest_is_tried() {
        let folder = folder("stays");
        let mut ip = Script {
            refuse: vec![("route del", "RTNETLINK answers: Operation not permitted")],
            ..Script::default()
        };
        let mut state = State::claim(&folder, "1", "t", &mut ip).unwrap();
        for step in &steps() {
            state.make(step, &mut ip).unwrap();
        }
        assert!(state.take_back(&mut ip).is_err());
        assert_eq!(ip.calls.last().unwrap(), "-4 address del 10.0.0.1/30 dev t");
        let mut ip = Script::default();
        state.take_back(&mut ip).unwrap();
        assert!(!folder.join("1-t.state").exists());
    }

    #[test]
    fn taking_back_twice_is_harmless() {
        let folder = folder("twice");
        let mut ip = Script {
            refuse: vec![("del", "RTNETLINK answers: No such file or directory")],
            ..Script::default()
        };
        let mut state = State::claim(&folder, "1", "t", &mut ip).unwrap();
        state.make(&steps()[2], &mut ip).unwrap();
        state.take_back(&mut ip).unwrap();
        State::claim(&folder, "1", "t", &mut ip)
            .unwrap()
            .take_back(&mut ip)
            .unwrap();
    }

    #[test]
    fn living_hushwall_keeps_its_network_and_another_network_is_free() {
        let folder = folder("living");
        let mut ip = Script::default();
        let _state = State::claim(&folder, "1", "t", &mut ip).unwrap();
        let error = State::claim(&folder, "1", "u", &mut ip).unwrap_err();
        assert_eq!(
            error.to_string(),
            "another Hushwall runs here on t; stop it first"
        );
        assert!(State::claim(&folder, "12", "t", &mut ip).is_ok());
    }

    #[test]
    fn missing_right_says_what_to_do_and_other_causes_are_named_once() {
        let told = |kind: io::ErrorKind| {
            let error = StateError::file(PathBuf::from("/run/x"), io::Error::from(kind));
            format!("{:#}", anyhow::Error::from(error))
        };
        assert_eq!(told(io::ErrorKind::PermissionDenied), NO_RIGHTS);
        assert_eq!(told(io::ErrorKind::StorageFull), "/run/x: no storage space");
    }
}
