//! Capture files: pcap and pcapng, also gzip, down to IP packets.
