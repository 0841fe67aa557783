//! Does what the engine's outputs ask.

use std::io::{self, IoSlice};
use std::net::SocketAddr;

use engine::{Batch, EchoId, FlowId, Output, OwnerQuestion, Timestamp};
use mio::Registry;
use wire::icmp::Unreachable;

use crate::device::Device;
use crate::echo;
use crate::notices::{Notice, Outlet, Told};
use crate::session::{Session, TunnelStats};

/// What outputs act on beside the session's own sockets.
pub(crate) struct Surroundings<'a> {
    pub(crate) device: &'a Device,
    pub(crate) registry: &'a Registry,
    pub(crate) outlet: &'a mut Outlet,
    pub(crate) stats: &'a mut TunnelStats,
    pub(crate) now: Timestamp,
}

impl Session {
    /// Does what engine and resolver client want, until neither wants more.
    pub(crate) fn perform(&mut self, batch: &Batch, around: &mut Surroundings<'_>) {
        self.handle_answers(around.now);
        loop {
            self.drain(batch, around);
            self.dns.perform(&self.sockets, around.registry, around.now);
            // A question that cannot be sent anywhere has failed by now.
            if !self.handle_answers(around.now) {
                return;
            }
        }
    }

    /// Drains the engine's outputs.
    fn drain(&mut self, batch: &Batch, around: &mut Surroundings<'_>) {
        let now = around.now;
        while let Some(output) = self.engine.poll_output(batch) {
            match output {
                Output::WriteTun(pieces) => {
                    if !write_tun(pieces.as_slices(), around) {
                        self.engine.handle_tun_full(now);
                    }
                }
                Output::Dial { flow, to } => self.dial(flow, to, around),
                Output::SendUpstream(flow) => {
                    let streams = &mut self.streams;
                    self.engine
                        .send_upstream(flow, batch, now, |pieces| streams.send(flow, pieces));
                }
                Output::RecvUpstream(flow) => {
                    let streams = &self.streams;
                    self.engine
                        .recv_upstream(flow, now, |pieces| streams.receive(flow, pieces));
                }
                Output::ShutdownUpstream(flow) => self.streams.shutdown(flow),
                Output::CloseUpstream { flow, reset } => self.streams.close(flow, reset),
                Output::Keepalive { flow, interval } => self.streams.keep_alive(flow, interval),
                Output::LowWater { flow, bytes } => self.streams.set_low_water(flow, bytes),
                Output::SendDatagrams {
                    mapping,
                    to,
                    run,
                    may_fragment,
                } => {
                    let sockets = &self.sockets;
                    let sent =
                        self.datagrams
                            .send(sockets, around.registry, mapping, to, run.iter(), may_fragment);
                    if let Err(error) = sent {
                        around.stats.sockets_refused += 1;
                        let cause = echo::cause_of(&error);
                        self.engine.handle_datagram_failed(mapping, to, cause, now);
                    }
                    self.handle_failures(now);
                }
                Output::CloseMapping(mapping) => self.datagrams.close(mapping),
                Output::SendEcho {
                    echo,
                    to,
                    seq,
                    payload,
                } => {
                    let sent = self
                        .echoes
                        .send(&self.sockets, around.registry, echo, to, seq, payload);
                    if let Err(error) = sent {
                        self.fail_echo(echo, &error, around);
                    }
                }
                Output::CloseEcho(echo) => self.echoes.close(echo),
                Output::Ask { ask, message, tcp } => self.dns.ask(ask, message, tcp, now),
                Output::WhoOwns {
                    question,
                    transport,
                    app,
                    remote,
                } => {
                    // What is not told needs no name.
                    let untold =
                        around.outlet.told == Told::Nothing && matches!(question, OwnerQuestion::Refusal(_));
                    if self.knows_owners && !untold {
                        around.outlet.stage(Notice::WhoOwns {
                            question,
                            transport,
                            app,
                            remote,
                        });
                    } else {
                        self.engine.handle_owner(question, None, now);
                    }
                }
                Output::Event(event) => around.outlet.stage_event(event),
            }
        }
    }

    fn dial(&mut self, flow: FlowId, to: SocketAddr, around: &mut Surroundings<'_>) {
        let Some(outcome) = self.streams.dial(&self.sockets, around.registry, flow, to) else {
            return;
        };
        if outcome == Err(engine::Failure::Other) {
            around.stats.sockets_refused += 1;
        }
        self.engine.handle_dialed(flow, outcome, around.now);
    }

    fn fail_echo(&mut self, echo: EchoId, error: &io::Error, around: &mut Surroundings<'_>) {
        let cause = echo::cause_of(error);
        if cause == Unreachable::Prohibited {
            around.stats.pings_prohibited += 1;
        }
        self.engine.handle_echo_failed(echo, cause, around.now);
    }
}

/// False if the TUN has no room or no memory for the packet.
fn write_tun(pieces: &[IoSlice<'_>], around: &mut Surroundings<'_>) -> bool {
    let Err(error) = around.device.write(pieces) else {
        return true;
    };
    let full = matches!(
        error.raw_os_error(),
        Some(libc::ENOBUFS | libc::ENOMEM | libc::EAGAIN)
    );
    if full {
        around.stats.tun_full += 1;
    } else {
        around.stats.tun_refused += 1;
    }
    !full
}
