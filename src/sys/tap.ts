import { closeSync, openSync } from "node:fs";
import { check, FFIType, openLibc } from "./libc.ts";

const { i32, u64, ptr } = FFIType;
const { ioctl } = openLibc({ ioctl: { args: [i32, u64, ptr], returns: i32 } });

const TUNSETIFF = 0x400454ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
/** Frames carry a virtio header, so that a machine's checksums and segments need not be worked out. */
const IFF_VNET_HDR = 0x4000;
/** `struct ifreq`: 16 bytes of name, then the flags. */
const ifreqBytes = 40;
const nameBytes = 16;

/**
 * Makes a tap device in the current network namespace, down. It is there as long as the descriptor (close-on-exec) or
 * a copy of it is. EBUSY when the name is taken. https://docs.kernel.org/networking/tuntap.html
 */
export function createTap(name: string): number {
	if (Buffer.byteLength(name) >= nameBytes) throw new Error(`${name}: names of links have at most 15 bytes`);
	const request = Buffer.alloc(ifreqBytes);
	request.write(name);
	request.writeUInt16LE(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, nameBytes);
	const fd = openSync("/dev/net/tun", "r+");
	try {
		check(ioctl(fd, TUNSETIFF, request), "ioctl TUNSETIFF", name);
		return fd;
	} catch (error) {
		closeSync(fd);
		throw error;
	}
}
