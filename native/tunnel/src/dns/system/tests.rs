use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use mio::{Events, Poll};

use super::*;

const QUESTION: &[u8] = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07eXaMPLe\x03org\0\0\x01\0\x01";

const NOW: Timestamp = Timestamp::from_micros(1_000_000);

/// The stand-in for libandroid, built once; where there is no compiler, the environment says where it lies.
fn library() -> CString {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    let path = LIBRARY.get_or_init(|| {
        if let Some(built) = std::env::var_os("HUSHWALL_FAKE_LIBANDROID") {
            return built.into();
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/libandroid.rs");
        let built = std::env::temp_dir().join(format!("hushwall-libandroid-{}.so", std::process::id()));
        let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let status = Command::new(compiler)
            .args(["--edition", "2024", "--crate-type", "cdylib", "-o"])
            .args([&built, &source])
            .status()
            .unwrap();
        assert!(status.success());
        built
    });
    CString::new(path.to_str().unwrap()).unwrap()
}

struct Bench {
    poll: Poll,
    asks: SystemAsks,
}

impl Bench {
    fn new(network: u64) -> Self {
        let resolver = SystemResolver::open(&library()).unwrap();
        Self {
            poll: Poll::new().unwrap(),
            asks: SystemAsks::new(Arc::new(resolver), network),
        }
    }

    fn ask(&mut self, ask: u64) {
        self.asks.ask(AskId(ask), QUESTION.to_vec(), NOW);
        self.asks.perform(self.poll.registry());
    }

    /// Passes on the events that are there, and returns the answers.
    fn answers(&mut self) -> Vec<(AskId, Result<Vec<u8>, AskFailed>)> {
        let mut events = Events::with_capacity(64);
        self.poll
            .poll(&mut events, Some(Duration::from_millis(200)))
            .unwrap();
        for event in &events {
            let Some(Source::Dns(index)) = Source::of(event.token()) else {
                panic!("no other source was registered");
            };
            self.asks.handle_event(index, &mut [0; 1024]);
        }
        std::iter::from_fn(|| self.asks.poll_answer()).collect()
    }
}

#[test]
fn system_without_the_functions_has_no_resolver() {
    assert!(SystemResolver::open(c"libc.so.6.does.not.exist").is_none());
}

#[test]
fn answer_comes_back_with_the_id_that_was_asked_with() {
    let mut bench = Bench::new(1);
    bench.ask(7);
    bench.ask(8);
    let answers = bench.answers();
    assert_eq!(answers.len(), 2);
    for ((ask, answer), expected) in answers.into_iter().zip([7, 8]) {
        let answer = answer.unwrap();
        assert_eq!(ask, AskId(expected));
        assert_eq!(
            (&answer[..2], answer.len()),
            (&QUESTION[..2], QUESTION.len() + 16)
        );
    }
    assert_eq!(bench.asks.poll_timeout(), None);
}

#[test]
fn refusal_and_garbage_are_failures() {
    for network in [3, 4] {
        let mut bench = Bench::new(network);
        bench.ask(7);
        assert_eq!(bench.answers(), vec![(AskId(7), Err(AskFailed))]);
    }
}

#[test]
fn silence_is_given_up_and_called_off() {
    let mut bench = Bench::new(2);
    bench.ask(7);
    assert_eq!(bench.answers(), vec![]);
    let due = bench.asks.poll_timeout().unwrap();
    bench.asks.handle_timeout(due);
    assert_eq!(bench.answers(), vec![(AskId(7), Err(AskFailed))]);
    bench.asks.perform(bench.poll.registry());
    assert_eq!((bench.asks.off.len(), bench.asks.poll_timeout()), (0, None));
}

#[test]
fn question_under_way_is_asked_again_in_the_next_network() {
    let mut bench = Bench::new(2);
    bench.ask(7);
    assert_eq!(bench.answers(), vec![]);
    bench.asks.set_network(1);
    bench.asks.perform(bench.poll.registry());
    assert!(matches!(&*bench.answers(), [(AskId(7), Ok(_))]));
}

#[test]
fn so_many_are_under_way_and_the_rest_waits() {
    let mut bench = Bench::new(2);
    for ask in 0..MAX_UNDER_WAY as u64 + 3 {
        bench.ask(ask);
    }
    assert_eq!(bench.asks.under_way.iter().flatten().count(), MAX_UNDER_WAY);
    assert_eq!(bench.asks.waiting.len(), 3);
    bench.asks.handle_timeout(NOW + PATIENCE);
    assert_eq!(bench.asks.answers.len(), MAX_UNDER_WAY + 3);
}
