// Asks 127.0.0.11 for what comes on standard input, one query a line as JSON, and prints the answers.
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { decode, encode } from "dns-packet";

const server = "127.0.0.11";

function overUdp(bytes, waitMs = 8000) {
	return new Promise((resolve) => {
		const socket = createSocket("udp4");
		const timer = setTimeout(() => done(undefined), waitMs);
		const done = (answer) => {
			clearTimeout(timer);
			socket.close();
			resolve(answer);
		};
		socket.on("message", (answer, from) =>
			done(from.address === server && from.port === 53 ? answer : undefined),
		);
		socket.on("error", () => done(undefined));
		// Connected, as resolvers are: an answer from another port than 53 would not be taken.
		socket.bind(0, () => socket.connect(53, server, () => socket.send(bytes)));
	});
}

function overTcp(bytes) {
	return new Promise((resolve) => {
		const socket = connect(53, server);
		let got = Buffer.alloc(0);
		socket.setTimeout(8000, () => socket.destroy());
		socket.on("connect", () => {
			const length = Buffer.alloc(2);
			length.writeUInt16BE(bytes.length);
			socket.write(Buffer.concat([length, bytes]));
		});
		socket.on("data", (chunk) => {
			got = Buffer.concat([got, chunk]);
			if (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) socket.destroy();
		});
		socket.on("error", () => undefined);
		socket.on("close", () => resolve(got.length > 2 ? got.subarray(2) : undefined));
	});
}

function bytesOf(query) {
	if (query.raw !== undefined) return Buffer.from(query.raw, "hex");
	const additionals = query.udpSize
		? [{ type: "OPT", name: ".", udpPayloadSize: query.udpSize, flags: 0, options: [] }]
		: [];
	const questions = [{ type: query.type ?? "A", name: query.name }];
	return encode({ type: "query", id: query.id ?? 4711, flags: 256, questions, additionals });
}

function readable(answer) {
	if (answer === undefined) return { silent: true };
	let packet;
	try {
		packet = decode(answer);
	} catch {
		return { unreadable: true };
	}
	return {
		id: packet.id,
		rcode: packet.rcode,
		cut: packet.flag_tc,
		length: answer.length,
		question: packet.questions[0]?.name,
		answers: packet.answers.map(({ type, data, ttl }) => ({ type, data: String(data), ttl })),
		hasOpt: packet.additionals.some(({ type }) => type === "OPT"),
	};
}

createInterface({ input: process.stdin }).on("line", async (line) => {
	const query = JSON.parse(line);
	const began = performance.now();
	if (query.times !== undefined) {
		const times = [];
		for (let i = 0; i < query.times; i++) {
			const start = performance.now();
			await overUdp(bytesOf(query));
			times.push(performance.now() - start);
		}
		console.log(JSON.stringify({ key: query.key, times }));
		return;
	}
	const answer = await (query.tcp ? overTcp(bytesOf(query)) : overUdp(bytesOf(query), query.waitMs));
	console.log(JSON.stringify({ key: query.key, ...readable(answer), ms: performance.now() - began }));
});
console.log(JSON.stringify({ key: 0 }));
