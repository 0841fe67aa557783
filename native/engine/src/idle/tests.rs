use super::*;

const PATIENCE: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(100)];

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

#[test]
fn an_index_is_reused_under_another_generation() {
    let mut table = IdleTable::new(PATIENCE);
    let first = table.insert('a', at(0));
    assert_eq!(table.remove(first), Some('a'));
    assert_eq!(table.remove(first), None);
    let second = table.insert('b', at(0));
    assert_eq!(
        (second.index, second.generation),
        (first.index, first.generation + 1)
    );
    assert_eq!((table.get(first), table.get(second)), (None, Some(&'b')));
    table.touch(first, 1, at(50));
    assert_eq!(
        table.due(at(16)),
        Some(second),
        "news of the first one is none of the second's"
    );
}

#[test]
fn entries_expire_by_class_and_last_activity_on_slots() {
    let mut table = IdleTable::new(PATIENCE);
    let places: Vec<Place> = (0..4).map(|n| table.insert(n, at(n))).collect();
    table.touch(places[1], 1, at(5));
    table.touch(places[0], 0, at(7));
    assert_eq!(table.poll_timeout(), Some(at(16)));
    assert_eq!((table.due(at(15)), table.due(at(16))), (None, Some(places[2])));
    let mut order = Vec::new();
    while let Some(place) = table.due(at(1_000)) {
        order.extend(table.remove(place));
    }
    assert_eq!(order, [2, 3, 0, 1]);
    assert_eq!((table.poll_timeout(), table.len()), (None, 0));
}

#[test]
fn a_class_never_falls() {
    let mut table = IdleTable::new(PATIENCE);
    let place = table.insert('a', at(0));
    let other = table.insert('b', at(0));
    table.touch(place, 1, at(1));
    table.touch(place, 0, at(2));
    assert_eq!(
        (table.most_idle(0), table.most_idle(1)),
        (Some(other), Some(place))
    );
    assert_eq!(table.get(place), Some(&'a'));
}

/// The lists against a plain vector, over many random steps.
#[test]
fn random_steps_agree_with_a_plain_model() {
    let mut table = IdleTable::new(PATIENCE);
    // Place, class, in the order of last activity.
    let mut model: Vec<(Place, u8)> = Vec::new();
    let mut state = 1_u64;
    for step in 0..20_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let random = (state >> 33) as usize;
        let now = at(step);
        match random % 4 {
            0 => model.push((table.insert((), now), 0)),
            1 if !model.is_empty() => {
                let (place, _) = model.remove(random / 4 % model.len());
                assert!(table.remove(place).is_some());
            }
            _ if !model.is_empty() => {
                let (place, class) = model.remove(random / 4 % model.len());
                let wanted = u8::from(random.is_multiple_of(3));
                table.touch(place, wanted, now);
                model.push((place, class.max(wanted)));
            }
            _ => {}
        }
        for class in 0..2 {
            let oldest = model
                .iter()
                .find(|entry| usize::from(entry.1) == class)
                .map(|entry| entry.0);
            assert_eq!(table.most_idle(class), oldest);
        }
        assert_eq!(table.len(), model.len());
    }
}
