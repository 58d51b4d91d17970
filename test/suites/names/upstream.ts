/** Name servers of the tests' own, on addresses of the loopback network: right ones, slow, silent and lying ones. */
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { type Answer, decode, encode, type Packet, streamEncode } from "dns-packet";

export interface Upstream extends AsyncDisposable {
	readonly address: string;
	/** Questions in the order in which they came, as `name TYPE transport`. */
	readonly asked: string[];
}

export interface UpstreamOptions {
	/** What is answered; nothing for `undefined`. Bytes go out as they are. */
	readonly answer: (query: Packet, raw: Buffer) => Partial<Packet> | Buffer[] | undefined;
	readonly delayMs?: number;
}

export async function startUpstream({ answer, delayMs = 0 }: UpstreamOptions): Promise<Upstream> {
	const address = `127.${randomInt(20, 250)}.${randomInt(1, 250)}.${randomInt(2, 250)}`;
	const asked: string[] = [];
	const answersTo = (raw: Buffer, transport: string): Buffer[] => {
		const query = decode(raw);
		const [question] = query.questions ?? [];
		asked.push(`${question?.name} ${question?.type} ${transport}`);
		const answered = answer(query, raw);
		if (answered === undefined || Array.isArray(answered)) return answered ?? [];
		return [
			encode({ id: query.id!, type: "response", questions: query.questions!, flags: 384, ...answered }),
		];
	};
	const udp = createSocket("udp4");
	udp.on("message", (raw, client) => {
		const answers = answersTo(raw, "udp");
		setTimeout(() => {
			for (const bytes of answers) udp.send(bytes, client.port, client.address);
		}, delayMs);
	});
	await new Promise<void>((resolve) => udp.bind(53, address, resolve));
	const tcp = createServer((socket) => {
		socket.on("error", () => undefined);
		socket.on("data", (chunk: Buffer) => {
			for (const bytes of answersTo(chunk.subarray(2), "tcp")) {
				const length = Buffer.alloc(2);
				length.writeUInt16BE(bytes.length);
				socket.write(Buffer.concat([length, bytes]));
			}
		});
	});
	await new Promise<void>((resolve) => tcp.listen(53, address, resolve));
	return {
		address,
		asked,
		async [Symbol.asyncDispose]() {
			udp.close();
			tcp.close();
		},
	};
}

/** A server with these addresses and nothing else. */
export function zone(addresses: Readonly<Record<string, string>>, ttl = 60): UpstreamOptions["answer"] {
	return (query) => {
		const { name, type } = query.questions![0]!;
		const data = addresses[name.toLowerCase()];
		if (data === undefined) return { answers: [], flags: 384 | 3, authorities: [soa()] };
		return { answers: type === "A" ? [{ type: "A", name, ttl, data }] : [] };
	};
}

export function soa(): Answer {
	const data = { mname: "ns", rname: "root", serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 30 };
	return { type: "SOA", name: "", ttl: 30, data };
}

export { streamEncode };
