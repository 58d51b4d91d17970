/**
 * Programs that speak enough of SCTP (RFC 9260) by raw sockets to go through a translation that follows associations,
 * on kernels that have no sockets of it. For `bun -e`, with the tables of `neighbour.ts`.
 */
const common = `
	const { dlopen, ptr } = require("bun:ffi");
	const libc = dlopen("libc.so.6", {
		socket: { args: ["i32", "i32", "i32"], returns: "i32" },
		sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
		recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
	}).symbols;
	const SCTP = 132;
	const fd = libc.socket(2, 3, SCTP);
	const buffer = Buffer.alloc(65536);
	const crc32c = (bytes) => {
		let crc = 0xffffffff;
		for (const byte of bytes) {
			crc ^= byte;
			for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
		}
		return (crc ^ 0xffffffff) >>> 0;
	};
	const packet = ({ from, to, tag, type, body }) => {
		const bytes = Buffer.alloc(16 + body.length);
		bytes.writeUInt16BE(from, 0);
		bytes.writeUInt16BE(to, 2);
		bytes.writeUInt32BE(tag, 4);
		bytes[12] = type;
		bytes.writeUInt16BE(4 + body.length, 14);
		body.copy(bytes, 16);
		bytes.writeUInt32LE(crc32c(bytes), 8);
		return bytes;
	};
	const send = (address, bytes) => {
		const target = Buffer.alloc(16);
		target.writeUInt16LE(2, 0);
		address.split(".").forEach((part, index) => { target[4 + index] = Number(part); });
		return Number(libc.sendto(fd, ptr(bytes), bytes.length, 0, ptr(target), 16));
	};
	const receive = () => {
		for (;;) {
			const length = Number(libc.recv(fd, ptr(buffer), buffer.length, 0));
			if (length < 36) continue;
			const bytes = Buffer.from(buffer.subarray((buffer[0] & 15) * 4, length));
			const sum = bytes.readUInt32LE(8);
			bytes.writeUInt32LE(0, 8);
			const source = [...buffer.subarray(12, 16)].join(".");
			return { source, from: bytes.readUInt16BE(0), to: bytes.readUInt16BE(2), type: bytes[12], body: bytes.subarray(16), good: crc32c(bytes) === sum };
		}
	};
	const init = (tag) => { const body = Buffer.alloc(16); body.writeUInt32BE(tag, 0); body.writeUInt32BE(65536, 4); body.writeUInt16BE(1, 8); body.writeUInt16BE(1, 10); return body; };
	const INIT = 1, INIT_ACK = 2, DATA = 0, SACK = 3, COOKIE_ECHO = 10, COOKIE_ACK = 11, MINE = 0x1111, YOURS = 0x2222;
`;

export const sctpPrograms = {
	/** Opens an association with an address and port, sends data, and prints each answer's type, source and port. */
	call: `${common}
		const [host, port] = process.argv.slice(1);
		const say = (type, tag, body) => send(host, packet({ from: 40000 + (process.pid % 20000), to: Number(port), tag, type, body }));
		const hear = () => { const { source, from, type, good } = receive(); console.log(type, source, from, good ? "good" : "bad"); };
		say(INIT, 0, init(MINE)); hear();
		say(COOKIE_ECHO, YOURS, Buffer.from("cook")); hear();
		say(DATA, YOURS, Buffer.alloc(16, "x")); hear();
		process.exit(0);`,
	/** Answers what is for a port as a server would, and prints where it came from. */
	serve: `${common}
		const [port] = process.argv.slice(1);
		console.log("ready");
		const answers = new Map([[INIT, INIT_ACK], [COOKIE_ECHO, COOKIE_ACK], [DATA, SACK]]);
		for (;;) {
			const got = receive();
			const type = answers.get(got.type);
			if (got.to !== Number(port) || type === undefined) continue;
			console.log(got.type, got.source, got.good ? "good" : "bad");
			const body = type === INIT_ACK ? init(YOURS) : Buffer.alloc(type === SACK ? 12 : 0);
			send(got.source, packet({ from: got.to, to: got.from, tag: MINE, type, body }));
		}`,
};
