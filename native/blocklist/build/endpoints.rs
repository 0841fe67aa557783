//! From checked endpoints to the table that `src/endpoint.rs` includes.

use std::fmt::Write as _;
use std::net::IpAddr;

use records::{File, Speech, Status};

/// The source of the table; an error says what to mend.
pub(crate) fn emit(files: &[(&str, File)]) -> Result<String, String> {
    let mut source = String::from("static ENDPOINTS: &[Endpoint] = &[\n");
    let shipped = files.iter().flat_map(|(stem, file)| {
        let shipped = file
            .endpoint
            .iter()
            .filter(|endpoint| endpoint.status == Status::Shipped);
        shipped.map(move |endpoint| (stem, endpoint))
    });
    for (stem, endpoint) in shipped {
        let speech = match endpoint.speaks {
            Speech::Http => format!("Speech::Http({:?})", endpoint.path.as_deref().unwrap_or("/")),
            Speech::Dns => "Speech::Dns".to_owned(),
        };
        let hosts: Vec<&String> = endpoint.hosts.iter().map(|host| host.get_ref()).collect();
        let addresses = endpoint
            .addresses
            .iter()
            .map(|address| literal(address.get_ref()));
        let addresses = addresses.collect::<Result<Vec<String>, String>>()?.join(", ");
        let _ = writeln!(
            source,
            "    Endpoint {{ id: {:?}, speech: {speech}, hosts: &{hosts:?}, addresses: &[{addresses}], ports: &{:?} }},",
            format!("{stem}/{}", endpoint.id.get_ref()),
            endpoint.ports
        );
    }
    source.push_str("];\n");
    Ok(source)
}

fn literal(text: &str) -> Result<String, String> {
    let address: IpAddr = text.parse().map_err(|_| format!("`{text}` is no address"))?;
    Ok(match address {
        IpAddr::V4(v4) => format!("IpAddr::V4(std::net::Ipv4Addr::from_bits({:#x}))", v4.to_bits()),
        IpAddr::V6(v6) => format!("IpAddr::V6(Ipv6Addr::from_bits({:#x}))", v6.to_bits()),
    })
}
