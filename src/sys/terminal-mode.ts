import { constants } from "node:os";
import { check, errno, FFIType, openLibc, ptr, SystemError } from "./libc.ts";

const { tcgetattr, tcsetattr, cfmakeraw, ioctl } = openLibc({
	tcgetattr: { args: [FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
	tcsetattr: { args: [FFIType.i32, FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
	cfmakeraw: { args: [FFIType.ptr], returns: FFIType.void },
	ioctl: { args: [FFIType.i32, FFIType.u64, FFIType.ptr], returns: FFIType.i32 },
});

/** `sizeof(struct termios)` is 60 with glibc on Linux; what is over is not touched. */
const termiosBytes = 64;
const TCSADRAIN = 1;
const TIOCGWINSZ = 0x5413;

/**
 * Makes a terminal raw as cfmakeraw(3) does: every byte in and out as it is. (Node's own raw mode goes on turning
 * newlines on output into carriage return and newline, which garbles programs that draw.) Gives back the way it was
 * when disposed; disposing twice does no harm.
 */
export function makeTerminalRaw(fd: number): Disposable {
	const before = new Uint8Array(termiosBytes);
	check(tcgetattr(fd, ptr(before)), "tcgetattr", `fd ${fd}`);
	const raw = Uint8Array.from(before);
	cfmakeraw(ptr(raw));
	setAttributes(fd, raw);
	let restored = false;
	return {
		[Symbol.dispose]() {
			if (restored) return;
			restored = true;
			// The terminal may be gone: there is nothing left to restore then.
			tcsetattr(fd, TCSADRAIN, ptr(before));
		},
	};
}

function setAttributes(fd: number, attributes: Uint8Array): void {
	// A signal may interrupt the drain.
	while (tcsetattr(fd, TCSADRAIN, ptr(attributes)) < 0) {
		if (errno() !== constants.errno.EINTR) throw new SystemError("tcsetattr", errno(), `fd ${fd}`);
	}
}

/** Character cells of a terminal; `undefined` when the descriptor is no terminal or does not know its size. */
export function terminalSize(fd: number): { readonly rows: number; readonly columns: number } | undefined {
	const size = new Uint16Array(4);
	if (ioctl(fd, BigInt(TIOCGWINSZ), ptr(size)) < 0) return undefined;
	const [rows, columns] = [size[0]!, size[1]!];
	return rows === 0 && columns === 0 ? undefined : { rows, columns };
}
