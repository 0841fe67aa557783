//! Answers, read by hickory-proto, which no other file knows.

use std::net::IpAddr;

use hickory_proto::op::{Header, MessageType, Query as Question};
use hickory_proto::rr::rdata::svcb::IpHint;
use hickory_proto::rr::rdata::{A, AAAA};
use hickory_proto::rr::{Name as Labels, RecordType as Type};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder, DecodeError};

use super::{message, pointers};
use crate::{EchConfig, Malformed, Name};

/// The Internet class.
const IN: u16 = 1;

/// SvcParamKeys of the address hints, and of ECH configurations (RFC 9460 section 14.3.2, RFC 9848).
const IPV4_HINT: u16 = 4;
const ECH: u16 = 5;
const IPV6_HINT: u16 = 6;

/// One step of an alias chain: CNAME, DNAME, or the target of an SVCB/HTTPS record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The owner of the record.
    pub from: Name,
    /// Where it points.
    pub to: Name,
    /// Whether it came from an SVCB or HTTPS record.
    pub service: bool,
}

/// An address out of an A or AAAA record, or an SVCB/HTTPS hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The owner of the record; of a hint, the record's target.
    pub name: Name,
    /// The address.
    pub ip: IpAddr,
    /// Seconds to live.
    pub ttl: u32,
}

/// An ECH configuration out of an SVCB or HTTPS record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedEch {
    /// The configuration.
    pub config: EchConfig,
    /// Seconds to live.
    pub ttl: u32,
}

/// The facts of an answer that policy asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The header's four bits of the response code.
    pub rcode: u16,
    /// TC: ask again over TCP.
    pub truncated: bool,
    /// Aliases, in the order of the message.
    pub aliases: Vec<Alias>,
    /// Addresses, in the order of the message.
    pub addresses: Vec<Address>,
    /// ECH configurations, in the order of the message.
    pub ech: Vec<PublishedEch>,
}

impl Answer {
    /// Reads the answer section.
    ///
    /// Record types that name neither an alias nor an address are stepped over unread, so that an odd one of them
    /// does not make the answer unreadable; so are the other sections, which no stub resolver takes addresses from.
    ///
    /// # Errors
    ///
    /// An answer that cannot be judged: records that overrun the message, or a malformed alias or address.
    pub fn parse(message: &[u8]) -> Result<Self, Malformed> {
        let mut decoder = BinDecoder::new(message);
        let header = Header::read(&mut decoder).map_err(malformed)?;
        if header.metadata.message_type != MessageType::Response {
            return Err(Malformed::Field);
        }
        if header.counts.queries == 1
            && let Some(question) = message::question_range(message)
        {
            decoder.read_slice(question.len()).map_err(malformed)?;
        } else {
            for _ in 0..header.counts.queries {
                check_pointers(message, decoder.index())?;
                Question::read(&mut decoder).map_err(malformed)?;
            }
        }
        let mut answer = Self {
            rcode: header.metadata.response_code.low().into(),
            truncated: header.metadata.truncation,
            aliases: Vec::new(),
            addresses: Vec::new(),
            ech: Vec::new(),
        };
        let mut owners = Owners::default();
        for _ in 0..header.counts.answers {
            answer.parse_record(message, &mut decoder, &mut owners)?;
        }
        Ok(answer)
    }

    /// Reads one record, to the octet behind it.
    fn parse_record(
        &mut self,
        message: &[u8],
        decoder: &mut BinDecoder<'_>,
        owners: &mut Owners,
    ) -> Result<(), Malformed> {
        let from = owners.parse(message, decoder)?;
        let record_type = Type::read(decoder).map_err(malformed)?;
        let class = decoder.read_u16().map_err(malformed)?.unverified(/* compared below */);
        let ttl = decoder.read_u32().map_err(malformed)?.unverified(/* any value is valid */);
        let len = decoder.read_u16().map_err(malformed)?.unverified(/* checked against the message below */);
        let start = decoder.index();
        let end = start + usize::from(len);
        // The data's own decoder ends where the data ends; names in it may point back into the message.
        let mut data = BinDecoder::new(message.get(..end).ok_or(Malformed::Length)?).clone(index(start)?);
        decoder.read_slice(len.into()).map_err(malformed)?;
        if class != IN {
            return Ok(());
        }
        match record_type {
            Type::CNAME | Type::DNAME => check_pointers(message, start)?,
            // Behind the priority (RFC 9460 section 2.2).
            Type::SVCB | Type::HTTPS => check_pointers(message, start + 2)?,
            _ => {}
        }
        // RFC 2181 section 8: a TTL with its top bit set is zero.
        let ttl = if ttl > i32::MAX as u32 { 0 } else { ttl };
        match record_type {
            Type::A => {
                let ip = A::read(&mut data).map_err(malformed)?;
                self.addresses.push(Address {
                    name: from,
                    ip: ip.0.into(),
                    ttl,
                });
            }
            Type::AAAA => {
                let ip = AAAA::read(&mut data).map_err(malformed)?;
                self.addresses.push(Address {
                    name: from,
                    ip: ip.0.into(),
                    ttl,
                });
            }
            Type::CNAME | Type::DNAME => {
                let to = name(&Labels::read(&mut data).map_err(malformed)?);
                self.aliases.push(Alias {
                    from,
                    to,
                    service: false,
                });
            }
            Type::SVCB | Type::HTTPS => return self.parse_service(from, &mut data, ttl),
            _ => return Ok(()),
        }
        if data.is_empty() {
            Ok(())
        } else {
            Err(Malformed::Length)
        }
    }

    /// Reads an SVCB or HTTPS record: its target, then hints and ECH configurations among its parameters.
    ///
    /// Parameters are read one by one, and quietly no further than the first malformed one: what a client might yet
    /// make of the rest are addresses that no name vouches for.
    fn parse_service(&mut self, from: Name, data: &mut BinDecoder<'_>, ttl: u32) -> Result<(), Malformed> {
        data.read_u16().map_err(malformed)?;
        let target = Labels::read(data).map_err(malformed)?;
        // RFC 9460 section 2.5: "." is the owner itself, or no service at all.
        let to = if target.is_root() {
            from.clone()
        } else {
            name(&target)
        };
        if !target.is_root() {
            self.aliases.push(Alias {
                from,
                to: to.clone(),
                service: true,
            });
        }
        while let (Ok(key), Ok(len)) = (data.read_u16(), data.read_u16()) {
            let (key, len) = (
                key.unverified(/* any value is valid */),
                len.unverified(/* read_slice checks */),
            );
            let Ok(value) = data.read_slice(len.into()) else {
                break;
            };
            let value = value.unverified(/* read below */);
            if key == ECH {
                let configs = EchConfig::parse_list(value).into_iter();
                self.ech
                    .extend(configs.map(|config| PublishedEch { config, ttl }));
            }
            let mut value = BinDecoder::new(value);
            match key {
                IPV4_HINT => {
                    let Ok(IpHint(ips)) = IpHint::<A>::read(&mut value) else {
                        break;
                    };
                    let hints = ips.into_iter().map(|ip| Address {
                        name: to.clone(),
                        ip: ip.0.into(),
                        ttl,
                    });
                    self.addresses.extend(hints);
                }
                IPV6_HINT => {
                    let Ok(IpHint(ips)) = IpHint::<AAAA>::read(&mut value) else {
                        break;
                    };
                    let hints = ips.into_iter().map(|ip| Address {
                        name: to.clone(),
                        ip: ip.0.into(),
                        ttl,
                    });
                    self.addresses.extend(hints);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The owner read last. Nearly all records of an answer name their owner by the same compression pointer.
#[derive(Default)]
struct Owners {
    last: Option<([u8; 2], Name)>,
}

impl Owners {
    fn parse(&mut self, message: &[u8], decoder: &mut BinDecoder<'_>) -> Result<Name, Malformed> {
        let start = decoder.index();
        let pointer = message
            .get(start..)
            .and_then(|rest| rest.first_chunk::<2>())
            .ok_or(Malformed::Truncated)?;
        if let Some((last, name)) = &self.last
            && last == pointer
        {
            decoder.read_u16().map_err(malformed)?;
            return Ok(name.clone());
        }
        check_pointers(message, start)?;
        let name = name(&Labels::read(decoder).map_err(malformed)?);
        if pointer[0] >= 0xc0 {
            self.last = Some((*pointer, name.clone()));
        }
        Ok(name)
    }
}

fn name(labels: &Labels) -> Name {
    Name::from_labels(labels.iter())
}

/// Whether the name at `at` may be read.
fn check_pointers(message: &[u8], at: usize) -> Result<(), Malformed> {
    pointers::are_few(message, at)
        .then_some(())
        .ok_or(Malformed::Field)
}

fn index(at: usize) -> Result<u16, Malformed> {
    u16::try_from(at).map_err(|_| Malformed::Length)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn malformed(error: DecodeError) -> Malformed {
    match error {
        DecodeError::InsufficientBytes => Malformed::Truncated,
        _ => Malformed::Field,
    }
}

#[cfg(test)]
mod tests;
