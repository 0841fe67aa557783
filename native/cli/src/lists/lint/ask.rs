//! Asks resolvers whether names exist. Nothing else of this program makes a request of its own, and this does only where
//! a maintainer says `--live`.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use wire::dns::{Answer, RecordType, matches_question};

/// Exists as long as there is an internet (RFC 6761 section 6.5): who does not know it sees none.
pub(super) const CONTROL: &str = "example.com";
/// Questions that are out at once: what a home router's resolver takes without losing any.
const AT_ONCE: usize = 8;
/// More than any answer over UDP without EDNS (RFC 1035 section 4.2.1), for resolvers that do not count.
const ANSWER_LEN: usize = 4096;

/// RFC 1035 section 4.1.1: names of response codes.
const NO_ERROR: u16 = 0;
const NAME_ERROR: u16 = 3;

/// How long is waited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For one answer.
    pub(super) answer: Duration,
    /// How often a name is asked for, each time of the next resolver.
    pub(super) tries: usize,
    /// For all of them.
    pub(super) whole: Duration,
}

/// What became of the question for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It exists, with an address or without.
    Exists,
    /// It does not, and nothing beneath it (RFC 8020).
    Missing,
    /// An address that leads nowhere: a filter spoke, and not the name's owner.
    Filtered,
    /// The resolver could not say.
    Failed,
    /// No answer came in time.
    Silent,
}

/// Asks for each of the names; `done` hears of each answer. In the order of the names, shorter where time was up.
pub(super) fn ask_all(
    resolvers: &[SocketAddr],
    names: &[&str],
    patience: Patience,
    mut done: impl FnMut(),
) -> Vec<Outcome> {
    let end = Instant::now() + patience.whole;
    let mut outcomes = vec![Outcome::Silent; names.len()];
    let next = AtomicUsize::new(0);
    let (told, heard) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(names.len()) {
            let (told, next) = (told.clone(), &next);
            scope.spawn(move || {
                while Instant::now() < end {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(name) = names.get(at) else { break };
                    // Who hears lives as long as this thread.
                    let _ = told.send((at, ask(resolvers, name, patience, end)));
                }
            });
        }
        drop(told);
        for (at, outcome) in heard {
            if let Some(of_name) = outcomes.get_mut(at) {
                *of_name = outcome;
            }
            done();
        }
    });
    outcomes
}

/// Asks for one name, until somebody knows; never longer than until `end`.
pub(super) fn ask(resolvers: &[SocketAddr], name: &str, patience: Patience, end: Instant) -> Outcome {
    let mut outcome = Outcome::Silent;
    for resolver in resolvers.iter().cycle().take(patience.tries) {
        let until = end.min(Instant::now() + patience.answer);
        match exchange(*resolver, name, until) {
            Ok(Some(answer)) => outcome = outcome_of(&answer),
            // No way there, nobody there, or no answer in time.
            Ok(None) | Err(_) => continue,
        }
        if outcome != Outcome::Failed {
            break;
        }
    }
    outcome
}

fn outcome_of(answer: &[u8]) -> Outcome {
    match Answer::parse(answer) {
        Ok(answer) if answer.rcode == NO_ERROR => {
            let leads_nowhere = |ip: std::net::IpAddr| ip.is_unspecified() || ip.is_loopback();
            let mut addresses = answer.addresses.iter();
            match !answer.addresses.is_empty() && addresses.all(|address| leads_nowhere(address.ip)) {
                true => Outcome::Filtered,
                false => Outcome::Exists,
            }
        }
        // Of an alias it is the target that does not exist (RFC 2308 section 2.1).
        Ok(answer) if answer.rcode == NAME_ERROR && !answer.aliases.is_empty() => Outcome::Exists,
        Ok(answer) if answer.rcode == NAME_ERROR => Outcome::Missing,
        _ => Outcome::Failed,
    }
}

/// One question and its answer. The port of a fresh socket is what a stranger would have to guess, beside the id.
fn exchange(resolver: SocketAddr, name: &str, until: Instant) -> io::Result<Option<Vec<u8>>> {
    let any = match resolver {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(resolver)?;
    let [.., high, low] = RandomState::new().build_hasher().finish().to_be_bytes();
    let question = question(name);
    let mut message = vec![high, low];
    message.extend_from_slice(&HEADER);
    message.extend_from_slice(&question);
    socket.send(&message)?;
    let mut answer = vec![0; ANSWER_LEN];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        socket.set_read_timeout(Some(left))?;
        match socket.recv(&mut answer) {
            Ok(len) if answer.starts_with(&[high, low]) && matches_question(&answer[..len], &question) => {
                answer.truncate(len);
                return Ok(Some(answer));
            }
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Ok(None);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Behind the id: recursion is desired, one question (RFC 1035 section 4.1.1).
const HEADER: [u8; 10] = [0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0];

/// The question section for the IPv4 address of a name; names of records are checked.
fn question(name: &str) -> Vec<u8> {
    let mut section = Vec::with_capacity(name.len() + 6);
    for label in name.split('.') {
        section.push(label.len() as u8);
        section.extend_from_slice(label.as_bytes());
    }
    section.push(0);
    section.extend_from_slice(&RecordType::A.0.to_be_bytes());
    section.extend_from_slice(&[0, 1]);
    section
}

#[cfg(test)]
mod tests {
    use wire::dns::{Query, Reply, emit_reply};

    use super::*;

    /// Enough for a loaded machine where an answer comes, and short where none does.
    const SHORT: Patience = Patience {
        answer: Duration::from_millis(50),
        tries: 2,
        whole: Duration::from_millis(300),
    };
    const LONG: Patience = Patience {
        answer: Duration::from_secs(20),
        tries: 2,
        whole: Duration::from_secs(60),
    };

    /// A resolver that answers so until its questions end.
    fn resolver(answer: impl Fn(&[u8], &Query) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        thread::spawn(move || {
            let mut message = [0; 512];
            while let Ok((len, from)) = socket.recv_from(&mut message) {
                let query = Query::parse(&message[..len]).unwrap();
                for answer in answer(&message[..len], &query) {
                    socket.send_to(&answer, from).unwrap();
                }
            }
        });
        address
    }

    fn replying(reply: Reply) -> SocketAddr {
        resolver(move |message, query| vec![emit_reply(message, query, reply)])
    }

    fn asked(resolvers: &[SocketAddr], patience: Patience) -> Outcome {
        ask(
            resolvers,
            "data.mistat.xiaomi.com",
            patience,
            Instant::now() + patience.whole,
        )
    }

    #[test]
    fn a_question_is_one_that_a_resolver_reads() {
        let mut message = vec![0, 7];
        message.extend_from_slice(&HEADER);
        message.extend_from_slice(&question("data.mistat.xiaomi.com"));
        let query = Query::parse(&message).unwrap();
        assert_eq!(query.name.to_string(), "data.mistat.xiaomi.com");
        assert_eq!((query.id, query.record_type, query.class), (7, RecordType::A, 1));
    }

    #[test]
    fn each_answer_is_told_apart() {
        for (reply, outcome) in [
            (Reply::NoData { ttl: 1 }, Outcome::Exists),
            (Reply::NxDomain { ttl: 1 }, Outcome::Missing),
            (Reply::ZeroAddress { ttl: 1 }, Outcome::Filtered),
            (Reply::Refused, Outcome::Failed),
            (Reply::ServFail, Outcome::Failed),
        ] {
            assert_eq!(asked(&[replying(reply)], LONG), outcome, "{reply:?}");
        }
    }

    #[test]
    fn an_alias_whose_target_is_gone_exists() {
        let dangling = resolver(|message, query| {
            let mut answer = emit_reply(message, query, Reply::Refused);
            answer[3] = answer[3] & 0xf0 | NAME_ERROR as u8;
            answer[7] = 1;
            answer.extend_from_slice(b"\xc0\x0c\0\x05\0\x01\0\0\0\x01\0\x08\x01x\x04test\0");
            vec![answer]
        });
        assert_eq!(asked(&[dangling], LONG), Outcome::Exists);
    }

    #[test]
    fn what_answers_another_question_is_passed_over() {
        let liar = resolver(|message, query| {
            let lie = emit_reply(message, query, Reply::NxDomain { ttl: 1 });
            let (mut other_id, mut other_name) = (lie.clone(), lie);
            other_id[0] ^= 1;
            other_name[13] ^= 1;
            vec![
                other_id,
                other_name,
                emit_reply(message, query, Reply::NoData { ttl: 1 }),
            ]
        });
        assert_eq!(asked(&[liar], LONG), Outcome::Exists);
    }

    #[test]
    fn where_one_resolver_is_silent_or_fails_the_next_is_asked() {
        let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
        let deaf = silent.local_addr().unwrap();
        let patience = Patience {
            answer: Duration::from_millis(500),
            tries: 40,
            ..LONG
        };
        let knows = replying(Reply::NxDomain { ttl: 1 });
        assert_eq!(asked(&[deaf, knows], patience), Outcome::Missing);
        assert_eq!(
            asked(&[replying(Reply::ServFail), knows], patience),
            Outcome::Missing
        );
        assert_eq!(asked(&[deaf], SHORT), Outcome::Silent);
    }

    #[test]
    fn a_hundred_names_of_a_silent_resolver_end_with_the_deadline() {
        let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
        let names = vec!["a.example"; 100];
        let mut heard = 0;
        let outcomes = ask_all(&[silent.local_addr().unwrap()], &names, SHORT, || heard += 1);
        assert_eq!(outcomes, vec![Outcome::Silent; 100]);
        // Eight at once, and in 0.3 s none of them more than a few names: the rest was never asked for.
        assert!(heard < 50, "{heard}");
    }
}
