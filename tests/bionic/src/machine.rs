//! A virtual machine of as many functions as the library calls.
#![expect(unsafe_code, reason = "C functions that get pointers from their caller")]

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_void};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A reference: the place of an object, from 1; 0 is null.
pub(crate) type Object = usize;
type Environment = *mut c_void;

/// JNI_VERSION_1_6, which is Android's.
const VERSION: i32 = 0x0001_0006;

#[derive(Debug, Clone)]
enum Kind {
    Class,
    Bytes(Vec<u8>),
    Text(String),
    Exception(Thrown),
}

/// An `EngineException`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thrown {
    /// Its code.
    pub code: i32,
    /// Its text.
    pub text: String,
}

/// Calls between the two sides so far, whichever way.
static CROSSINGS: AtomicU64 = AtomicU64::new(0);

static HEAP: Mutex<Vec<Kind>> = Mutex::new(Vec::new());

thread_local! {
    /// The exception that is on its way.
    static PENDING: Cell<Object> = const { Cell::new(0) };
}

/// The one machine of this process. Its functions may be called from any thread.
#[derive(Debug)]
pub struct Machine;

struct Tables {
    environment: [usize; 235],
    invocation: [usize; 8],
}

/// A pointer to a table of functions, which is what `JNIEnv` and `JavaVM` are.
struct Pointer(usize);

static TABLES: std::sync::LazyLock<(Pointer, Pointer)> = std::sync::LazyLock::new(|| {
    let tables = Box::leak(Box::new(Tables {
        environment: environment(),
        invocation: invocation(),
    }));
    (
        Pointer(std::ptr::from_ref(&tables.environment) as usize),
        Pointer(std::ptr::from_ref(&tables.invocation) as usize),
    )
});

impl Machine {
    pub(crate) fn environment() -> Environment {
        std::ptr::from_ref(&TABLES.0.0).cast_mut().cast()
    }

    /// A byte array.
    pub fn bytes(bytes: &[u8]) -> usize {
        add(Kind::Bytes(bytes.to_vec()))
    }

    /// What a byte array holds; none for null.
    pub fn read(array: usize) -> Option<Vec<u8>> {
        match get(array)? {
            Kind::Bytes(bytes) => Some(bytes),
            other => panic!("{other:?} is no array of bytes"),
        }
    }

    /// What a string says.
    pub fn text(string: usize) -> String {
        match get(string) {
            Some(Kind::Text(text)) => text,
            other => panic!("{other:?} is no string"),
        }
    }

    /// Calls of exports, and of this machine's functions, so far.
    pub fn crossings() -> u64 {
        CROSSINGS.load(Ordering::SeqCst)
    }

    /// This thread's pending exception, which is no longer pending then.
    pub fn take_thrown() -> Option<Thrown> {
        match get(PENDING.take())? {
            Kind::Exception(thrown) => Some(thrown),
            other => panic!("{other:?} was thrown"),
        }
    }
}

/// A call between the two sides.
pub(crate) fn crossed() {
    CROSSINGS.fetch_add(1, Ordering::SeqCst);
}

fn heap() -> MutexGuard<'static, Vec<Kind>> {
    HEAP.lock().unwrap_or_else(PoisonError::into_inner)
}

fn add(kind: Kind) -> Object {
    let mut heap = heap();
    heap.push(kind);
    heap.len()
}

fn get(object: Object) -> Option<Kind> {
    heap().get(object.checked_sub(1)?).cloned()
}

/// Places in the table by the JNI specification.
fn environment() -> [usize; 235] {
    let mut table = [unknown as *const () as usize; 235];
    table[..4].fill(0);
    for (place, function) in [
        (4, get_version as *const ()),
        (6, find_class as *const ()),
        (13, throw as *const ()),
        (15, exception_occurred as *const ()),
        (17, exception_clear as *const ()),
        (19, push_frame as *const ()),
        (20, same as *const ()),
        (21, same as *const ()),
        (22, nothing as *const ()),
        (23, nothing as *const ()),
        (24, is_same as *const ()),
        (25, same as *const ()),
        (30, new_object as *const ()),
        (31, class_of as *const ()),
        (32, yes as *const ()),
        (33, method as *const ()),
        (36, new_class as *const ()),
        (113, method as *const ()),
        (116, new_class as *const ()),
        (167, new_string as *const ()),
        (171, array_length as *const ()),
        (176, new_byte_array as *const ()),
        (200, read_bytes as *const ()),
        (208, write_bytes as *const ()),
        (219, get_machine as *const ()),
        (228, exception_check as *const ()),
        (232, reference_type as *const ()),
    ] {
        table[place] = function as usize;
    }
    table
}

fn invocation() -> [usize; 8] {
    [
        0,
        0,
        0,
        unknown as *const () as usize,
        attach as *const () as usize,
        detach as *const () as usize,
        get_environment as *const () as usize,
        attach as *const () as usize,
    ]
}

/// The library calls what this machine lacks.
extern "C" fn unknown() -> ! {
    std::process::abort()
}

extern "C" fn get_version(_: Environment) -> i32 {
    crossed();
    VERSION
}

extern "C" fn find_class(_: Environment, _name: *const c_char) -> Object {
    crossed();
    add(Kind::Class)
}

extern "C" fn new_class(_: Environment) -> Object {
    crossed();
    add(Kind::Class)
}

extern "C" fn class_of(_: Environment, _: Object) -> Object {
    crossed();
    add(Kind::Class)
}

extern "C" fn throw(_: Environment, exception: Object) -> i32 {
    crossed();
    PENDING.set(exception);
    0
}

extern "C" fn exception_occurred(_: Environment) -> Object {
    crossed();
    PENDING.get()
}

extern "C" fn exception_clear(_: Environment) {
    crossed();
    PENDING.set(0);
}

extern "C" fn exception_check(_: Environment) -> u8 {
    crossed();
    u8::from(PENDING.get() != 0)
}

extern "C" fn push_frame(_: Environment, _: i32) -> i32 {
    crossed();
    0
}

extern "C" fn same(_: Environment, object: Object) -> Object {
    crossed();
    object
}

extern "C" fn nothing(_: Environment, _: Object) {
    crossed();
}

extern "C" fn is_same(_: Environment, one: Object, other: Object) -> u8 {
    crossed();
    u8::from(one == other)
}

extern "C" fn yes(_: Environment, _: Object, _: Object) -> u8 {
    crossed();
    1
}

/// JNILocalRefType.
extern "C" fn reference_type(_: Environment, _: Object) -> i32 {
    crossed();
    1
}

extern "C" fn method(_: Environment, _: Object, _name: *const c_char, _signature: *const c_char) -> usize {
    crossed();
    1
}

/// The only class of which the library makes objects is `EngineException(int, String)`.
extern "C" fn new_object(_: Environment, _class: Object, _method: usize, arguments: *const u64) -> Object {
    crossed();
    // SAFETY: the constructor has two arguments, each in a union of 64 bits.
    let [code, text] = unsafe { arguments.cast::<[u64; 2]>().read_unaligned() };
    let Ok(text) = usize::try_from(text & usize::MAX as u64) else {
        unknown()
    };
    let text = Machine::text(text);
    // An int is the union's first four bytes.
    let [a, b, c, d, ..] = code.to_ne_bytes();
    let code = i32::from_ne_bytes([a, b, c, d]);
    add(Kind::Exception(Thrown { code, text }))
}

extern "C" fn new_string(_: Environment, text: *const c_char) -> Object {
    crossed();
    // SAFETY: the caller passes a C string.
    let text = unsafe { CStr::from_ptr(text) };
    add(Kind::Text(text.to_string_lossy().into_owned()))
}

extern "C" fn array_length(_: Environment, array: Object) -> i32 {
    crossed();
    Machine::read(array).map_or(0, |bytes| i32::try_from(bytes.len()).unwrap_or(i32::MAX))
}

extern "C" fn new_byte_array(_: Environment, len: i32) -> Object {
    crossed();
    add(Kind::Bytes(vec![0; usize::try_from(len).unwrap_or(0)]))
}

extern "C" fn read_bytes(_: Environment, array: Object, begin: i32, len: i32, room: *mut u8) {
    crossed();
    let (begin, len) = (
        usize::try_from(begin).unwrap_or(0),
        usize::try_from(len).unwrap_or(0),
    );
    let bytes = Machine::read(array).unwrap_or_default();
    let bytes = bytes.get(begin..begin + len).unwrap_or_default();
    // SAFETY: the caller has room for as many bytes as it asks for.
    unsafe { room.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
}

extern "C" fn write_bytes(_: Environment, array: Object, begin: i32, len: i32, bytes: *const u8) {
    crossed();
    let (begin, len) = (
        usize::try_from(begin).unwrap_or(0),
        usize::try_from(len).unwrap_or(0),
    );
    // SAFETY: the caller passes as many bytes as it says.
    let bytes = unsafe { std::slice::from_raw_parts(bytes, len) };
    if let Some(Kind::Bytes(array)) = heap().get_mut(array - 1) {
        array[begin..begin + len].copy_from_slice(bytes);
    }
}

extern "C" fn get_machine(_: Environment, machine: *mut *const c_void) -> i32 {
    crossed();
    // SAFETY: the caller has room for a pointer.
    unsafe { machine.write(std::ptr::from_ref(&TABLES.1.0).cast()) };
    0
}

extern "C" fn attach(_: *const c_void, environment: *mut Environment, _: *const c_void) -> i32 {
    crossed();
    // SAFETY: the caller has room for a pointer.
    unsafe { environment.write(Machine::environment()) };
    0
}

extern "C" fn detach(_: *const c_void) -> i32 {
    crossed();
    0
}

extern "C" fn get_environment(_: *const c_void, environment: *mut Environment, _version: i32) -> i32 {
    crossed();
    // SAFETY: the caller has room for a pointer.
    unsafe { environment.write(Machine::environment()) };
    0
}
