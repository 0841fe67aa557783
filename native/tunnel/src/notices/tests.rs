use std::time::Duration;

use engine::{Event, Timestamp};

use super::{Notice, QUEUE_LEN, Told, queue};

fn outage(number: u64) -> Notice {
    Notice::Outage {
        at: Timestamp::from_micros(number),
        lasted: Duration::ZERO,
        text: String::new(),
    }
}

#[test]
fn notices_arrive_in_order_once_they_are_flushed() {
    let (mut outlet, events) = queue();
    outlet.stage(outage(1));
    outlet.stage(outage(2));
    assert_eq!(events.next_timeout(Duration::ZERO), None);
    outlet.flush();
    assert_eq!(events.next(), Some(outage(1)));
    assert_eq!(events.next_batch(Duration::ZERO), vec![outage(2)]);
}

#[test]
fn slow_consumer_loses_the_oldest_and_is_told_how_many() {
    let (mut outlet, events) = queue();
    for number in 0..QUEUE_LEN as u64 + 3 {
        outlet.stage(outage(number));
    }
    outlet.flush();
    assert_eq!(events.next(), Some(Notice::Lost(3)));
    assert_eq!(events.next(), Some(outage(3)));
    assert_eq!(events.next_batch(Duration::ZERO).len(), QUEUE_LEN - 1);
}

#[test]
fn sleeping_consumer_is_woken_and_learns_of_the_end() {
    let (mut outlet, events) = queue();
    let consumer = std::thread::spawn(move || {
        let first = events.next();
        (first, events.next(), events.is_closed())
    });
    outlet.stage(outage(7));
    outlet.flush();
    drop(outlet);
    assert_eq!(consumer.join().unwrap(), (Some(outage(7)), None, true));
}

#[test]
fn without_a_consumer_nothing_is_kept() {
    let (mut outlet, events) = queue();
    drop(events);
    outlet.stage(outage(1));
    outlet.flush();
    assert!(outlet.staged.is_empty());
    assert!(outlet.shared.lock().queue.is_empty());
}

#[test]
fn paced_consumer_takes_a_crowd_at_once_and_a_question_without_delay() {
    let (mut outlet, events) = queue();
    let (told, taken) = std::sync::mpsc::channel();
    let consumer = std::thread::spawn(move || {
        loop {
            let batch = events.next_paced(100, Duration::from_secs(3_600));
            let ended = batch.is_empty();
            told.send(batch).unwrap();
            if ended {
                return;
            }
        }
    });
    let question = Notice::WhoOwns {
        question: engine::OwnerQuestion::Refusal(1),
        transport: engine::Transport::Udp,
        app: "10.0.0.2:1".parse().unwrap(),
        remote: "192.0.2.1:443".parse().unwrap(),
    };
    for number in 0..3 {
        outlet.stage(outage(number));
        outlet.flush();
    }
    outlet.stage(question.clone());
    outlet.flush();
    // An hour has not passed, so the question ended the pause.
    assert_eq!(
        taken.recv().unwrap(),
        vec![outage(0), outage(1), outage(2), question]
    );
    outlet.stage(outage(4));
    drop(outlet);
    assert_eq!(taken.recv().unwrap(), vec![outage(4)]);
    assert_eq!(taken.recv().unwrap(), vec![]);
    consumer.join().unwrap();
}

#[test]
fn who_wants_no_verdicts_is_told_of_an_answer_that_outlives_an_allow() {
    let (mut outlet, events) = queue();
    outlet.told = Told::Nothing;
    outlet.stage_event(Event::Outstanding {
        at: Timestamp::from_micros(1),
        name: wire::Name::from_text("log.example"),
        left: Duration::from_secs(900),
    });
    outlet.flush();
    drop(outlet);
    let told = events.next();
    assert!(matches!(
        told,
        Some(Notice::Event {
            event: Event::Outstanding { .. },
            ..
        })
    ));
    assert_eq!(events.next(), None);
}
