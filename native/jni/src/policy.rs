//! How errors and panics become the one Java exception. The ready-made policies of the jni crate lose a panic's text.

use std::any::Any;

use jni::errors::ErrorPolicy;
use jni::objects::{JThrowable, JValue};
use jni::{Env, jni_sig, jni_str};

use crate::error::{BridgeError, code};

/// Throws `EngineException` with a code and a text, and returns nothing.
#[derive(Debug)]
pub(crate) struct Throw;

impl<T: Default> ErrorPolicy<T, BridgeError> for Throw {
    type Captures<'unowned_env_local: 'native_method, 'native_method> = ();

    fn on_error<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut (),
        error: BridgeError,
    ) -> jni::errors::Result<T> {
        throw(env, error.code(), &error.to_string())?;
        Ok(T::default())
    }

    fn on_panic<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut (),
        payload: Box<dyn Any + Send + 'static>,
    ) -> jni::errors::Result<T> {
        let text = tunnel::panic_text(payload.as_ref());
        // A payload may panic when it is dropped; such a one is left to itself.
        if let Err(again) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(again);
        }
        throw(env, code::PANIC, &text)?;
        Ok(T::default())
    }
}

fn throw(env: &mut Env<'_>, code: u32, text: &str) -> jni::errors::Result<()> {
    // An exception that is on its way already says more than a second one.
    if env.exception_check() {
        return Ok(());
    }
    let class = env.find_class(jni_str!("io/github/hushwall/bridge/EngineException"))?;
    let text = env.new_string(text)?;
    let arguments = [JValue::Int(code.cast_signed()), JValue::Object(&text)];
    let exception = env.new_object(class, jni_sig!("(ILjava/lang/String;)V"), &arguments)?;
    let exception = env.cast_local::<JThrowable<'_>>(exception)?;
    // It says that an exception is pending now, which is what was wanted.
    let _ = env.throw(exception);
    Ok(())
}
