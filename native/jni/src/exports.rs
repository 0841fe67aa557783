//! What Kotlin's `Native` calls: each a few lines around a plain function. Nothing here runs per packet.
#![expect(unsafe_code, reason = "exported names, which a virtual machine looks up")]

use jni::EnvUnowned;
use jni::objects::{JByteArray, JClass, JString};
use jni::sys::{jint, jlong};

use crate::descriptor::adopt;
use crate::encoding;
use crate::error::BridgeError;
use crate::policy::Throw;
use crate::session::Session;
use crate::{log, registry};

#[unsafe(no_mangle)]
extern "system" fn Java_io_github_hushwall_bridge_Native_version<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
) -> JString<'l> {
    env.with_env(|env| -> Result<_, BridgeError> {
        log::to_android();
        Ok(env.new_string(env!("CARGO_PKG_VERSION"))?)
    })
    .resolve::<Throw>()
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_github_hushwall_bridge_Native_start<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    fd: jint,
    settings: JByteArray<'l>,
    network: JByteArray<'l>,
) -> jlong {
    env.with_env(|env| -> Result<_, BridgeError> {
        // Before anything can fail: whatever happens, it is closed here.
        let fd = adopt(fd).map_err(BridgeError::Descriptor)?;
        let settings = encoding::parse_settings(&env.convert_byte_array(settings)?)?;
        let network = encoding::parse_network(&env.convert_byte_array(network)?)?;
        let session = Session::start(fd, settings, &network)?;
        Ok(registry::insert(session).cast_signed())
    })
    .resolve::<Throw>()
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_github_hushwall_bridge_Native_replaceDescriptor<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    session: jlong,
    fd: jint,
) {
    env.with_env(|_| -> Result<_, BridgeError> {
        let fd = adopt(fd).map_err(BridgeError::Descriptor)?;
        registry::get(session.cast_unsigned())?.replace_descriptor(fd)
    })
    .resolve::<Throw>()
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_github_hushwall_bridge_Native_replaceSettings<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    session: jlong,
    settings: JByteArray<'l>,
) {
    env.with_env(|env| -> Result<_, BridgeError> {
        let settings = encoding::parse_settings(&env.convert_byte_array(settings)?)?;
        registry::get(session.cast_unsigned())?.replace_settings(settings)
    })
    .resolve::<Throw>()
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_github_hushwall_bridge_Native_replaceLists<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    session: jlong,
    lists: JByteArray<'l>,
) {
    env.with_env(|env| -> Result<_, BridgeError> {
        let lists = encoding::parse_lists(&env.convert_byte_array(lists)?)?;
        registry::get(session.cast_unsigned())?.replace_lists(lists)
    })
    .resolve::<Throw>()
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_github_hushwall_bridge_Native_networkChanged<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    session: jlong,
    network: JByteArray<'l>,
) {
    env.with_env(|env| -> Result<_, BridgeError> {
        let network = encoding::parse_network(&env.convert_byte_array(network)?)?;
        registry::get(session.cast_unsigned())?.network_changed(&network)
    })
    .resolve::<Throw>()
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_github_hushwall_bridge_Native_nextEvents<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    session: jlong,
) -> JByteArray<'l> {
    env.with_env(|env| -> Result<_, BridgeError> {
        let number = session.cast_unsigned();
        match registry::get_told(number).and_then(|session| session.next_events()) {
            Some(events) => Ok(env.byte_array_from_slice(&encoding::emit_events(&events))?),
            None => {
                registry::forget_told(number);
                Ok(JByteArray::default())
            }
        }
    })
    .resolve::<Throw>()
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_github_hushwall_bridge_Native_answerOwner<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    session: jlong,
    question: jlong,
    uid: jint,
) {
    env.with_env(|_| -> Result<_, BridgeError> {
        // An answer that comes too late is nobody's mistake.
        if let Ok(session) = registry::get(session.cast_unsigned()) {
            let _ = session.answer_owner(question.cast_unsigned(), u32::try_from(uid).ok());
        }
        Ok(())
    })
    .resolve::<Throw>()
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_github_hushwall_bridge_Native_snapshot<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    session: jlong,
) -> JByteArray<'l> {
    env.with_env(|env| -> Result<_, BridgeError> {
        let snapshot = registry::get(session.cast_unsigned())?.snapshot()?;
        Ok(env.byte_array_from_slice(&encoding::emit_snapshot(&snapshot))?)
    })
    .resolve::<Throw>()
}

#[unsafe(no_mangle)]
extern "system" fn Java_io_github_hushwall_bridge_Native_stop<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    session: jlong,
) {
    env.with_env(|_| -> Result<_, BridgeError> {
        registry::stop(session.cast_unsigned());
        Ok(())
    })
    .resolve::<Throw>()
}

/// Panics with this text, in the call itself or (where a session is named) in its engine: for tests, and in no release.
#[cfg(debug_assertions)]
#[unsafe(no_mangle)]
extern "system" fn Java_io_github_hushwall_bridge_Fault_panic<'l>(
    mut env: EnvUnowned<'l>,
    _class: JClass<'l>,
    session: jlong,
    text: JByteArray<'l>,
) {
    env.with_env(|env| -> Result<_, BridgeError> {
        let text = env.convert_byte_array(text)?;
        let text = String::from_utf8_lossy(&text);
        match session {
            0 => panic!("{text}"),
            number => registry::get(number.cast_unsigned())?.panic(&text),
        }
    })
    .resolve::<Throw>()
}
