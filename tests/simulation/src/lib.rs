//! The engine between a phone of smoltcp sockets and a scripted internet, on a virtual clock.
