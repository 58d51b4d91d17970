import { check, cString, FFIType, openLibc } from "./libc.ts";

const libc = openLibc({
	setns: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
	unshare: { args: [FFIType.i32], returns: FFIType.i32 },
	open: { args: [FFIType.ptr, FFIType.i32], returns: FFIType.i32 },
	close: { args: [FFIType.i32], returns: FFIType.i32 },
	abort: { args: [], returns: FFIType.void },
});

const CLONE_NEWNET = 0x40000000;
const O_RDONLY_CLOEXEC = 0o2000000;

/** The calling thread's network namespace, close-on-exec. The caller closes it. */
export function openCurrentNetworkNamespace(): number {
	const path = "/proc/thread-self/ns/net";
	return check(libc.open(cString(path), O_RDONLY_CLOEXEC), "open", path);
}

/**
 * Runs the body with the calling thread in another network namespace. Only this thread is moved, and it is moved back
 * before anything else of the program can run: the body must be synchronous, and short, because a thread that the
 * JavaScript engine starts meanwhile stays in the namespace. A socket opened in the body belongs to that namespace for
 * good, so opening it is usually all that there is to do.
 */
export function inNetworkNamespace<T>(fd: number, body: () => T): T {
	return inOtherNamespace(() => check(libc.setns(fd, CLONE_NEWNET), "setns", `fd ${fd}`), body);
}

/** As {@link inNetworkNamespace}, in a namespace made for the purpose. It ends with its last descriptor or process. */
export function inNewNetworkNamespace<T>(body: () => T): T {
	return inOtherNamespace(() => check(libc.unshare(CLONE_NEWNET), "unshare", "CLONE_NEWNET"), body);
}

function inOtherNamespace<T>(enter: () => void, body: () => T): T {
	const home = openCurrentNetworkNamespace();
	try {
		enter();
		try {
			return body();
		} finally {
			// Going on in the wrong namespace would hand a container's network to the engine and to the next container.
			if (libc.setns(home, CLONE_NEWNET) < 0) libc.abort();
		}
	} finally {
		libc.close(home);
	}
}
