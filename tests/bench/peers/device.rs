//! A TUN's descriptor, inherited by number, for drivers that run on tokio.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::FromRawFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// One packet a read, one a write.
pub struct Device(AsyncFd<File>);

impl Device {
    /// Takes descriptor `number`. Call it once for each, inside a runtime.
    pub fn adopt(number: i32) -> io::Result<Self> {
        // SAFETY: no pointers; a number that is no descriptor makes it fail.
        if unsafe { libc::fcntl(number, libc::F_SETFL, libc::O_RDWR | libc::O_NONBLOCK) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it is open, as fcntl has shown, and adopted once.
        AsyncFd::new(unsafe { File::from_raw_fd(number) }).map(Self)
    }
}

impl AsyncRead for Device {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut guard = ready!(self.0.poll_read_ready(cx))?;
            let room = buf.initialize_unfilled();
            if let Ok(done) = guard.try_io(|file| file.get_ref().read(room)) {
                buf.advance(done?);
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Device {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut guard = ready!(self.0.poll_write_ready(cx))?;
            if let Ok(done) = guard.try_io(|file| file.get_ref().write(bytes)) {
                return Poll::Ready(done);
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
