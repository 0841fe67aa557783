//! The TUN between phone and engine: a queue that drops silently, and weather.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::Timestamp;

use crate::clock::Dice;

/// What happens to packets of one direction, in parts of a thousand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    /// Lost.
    pub loss: u32,
    /// Come twice.
    pub duplicate: u32,
    /// Come late, up to `lateness`.
    pub reorder: u32,
    /// How late at most.
    pub lateness: Duration,
}

impl Weather {
    /// Nothing happens.
    pub const FAIR: Self = Self {
        loss: 0,
        duplicate: 0,
        reorder: 0,
        lateness: Duration::ZERO,
    };

    /// A bit of everything.
    pub const fn rough(permille: u32) -> Self {
        Self {
            loss: permille,
            duplicate: permille,
            reorder: permille,
            lateness: Duration::from_millis(3),
        }
    }
}

/// One direction.
#[derive(Debug)]
pub struct Lane {
    /// What happens to packets.
    pub weather: Weather,
    /// Packets that wait at most; what comes then is dropped.
    pub room: usize,
    /// Time on the way.
    pub latency: Duration,
    /// Dropped for want of room.
    pub overflowed: u64,
    /// Lost to the weather.
    pub lost: u64,
    packets: BTreeMap<(Timestamp, u64), Vec<u8>>,
    count: u64,
    dice: Dice,
}

impl Lane {
    /// An empty one.
    pub fn new(weather: Weather, room: usize, latency: Duration, seed: u64) -> Self {
        let (packets, dice) = (BTreeMap::new(), Dice::new(seed));
        Self {
            weather,
            room,
            latency,
            overflowed: 0,
            lost: 0,
            packets,
            count: 0,
            dice,
        }
    }

    /// A packet enters.
    pub fn push(&mut self, packet: Vec<u8>, now: Timestamp) {
        let copies = 1 + usize::from(self.dice.permille(self.weather.duplicate));
        if self.dice.permille(self.weather.loss) {
            self.lost += 1;
            return;
        }
        for _ in 0..copies {
            if self.packets.len() >= self.room {
                self.overflowed += 1;
                return;
            }
            let mut due = now + self.latency;
            if self.dice.permille(self.weather.reorder) {
                due = due + self.dice.time(self.weather.lateness);
            }
            self.packets.insert((due, self.count), packet.clone());
            self.count += 1;
        }
    }

    /// A packet that has arrived.
    pub fn pop(&mut self, now: Timestamp) -> Option<Vec<u8>> {
        let first = self.packets.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// When the next one arrives.
    pub fn due(&self) -> Option<Timestamp> {
        self.packets.first_key_value().map(|((due, _), _)| *due)
    }
}
