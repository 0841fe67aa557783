//! Names of the things that a tunnel keeps a socket for.
//!
//! An index says where; a generation says which, so that news of a closed socket never reaches its successor.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name {
            /// A small number, reused: an index into a table.
            pub index: u32,
            /// Counts the reuses of the index.
            pub generation: u32,
        }
    };
}

id! {
    /// A TCP flow; one upstream stream socket.
    FlowId
}
id! {
    /// A UDP source endpoint of the phone; one upstream datagram socket.
    MappingId
}
id! {
    /// An ICMP echo source; one upstream ping socket.
    EchoId
}

/// A question that waits for an upstream answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AskId(pub u64);
