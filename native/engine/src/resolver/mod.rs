//! The client side of DNS: which resolver, which socket, which id; sans-IO, driven by tunnel's DNS sockets.
