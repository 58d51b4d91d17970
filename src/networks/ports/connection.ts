import type { Socket } from "node:net";
import { EngineError } from "../../lib/index.ts";
import type { OpenPort, PortProtocol, Publication } from "./contract.ts";
import { forgetTranslated } from "./forget-translated.ts";

export type Answer =
	| { readonly kind: "open"; readonly publication: Publication }
	/** Nothing is open. `line`: of the order, from 0. */
	| { readonly kind: "refused"; readonly errno: number; readonly line: number; readonly text: string }
	| { readonly kind: "gone" };

/** Every port of two families, with room for the lines. */
const maxAnswerBytes = 16 * 1024 * 1024;
const answerTimeoutMs = 30_000;
const stopTimeoutMs = 5_000;

/** Speaks with a hull-publish: sends an order, when there is one, and reads which ports are open. */
export async function connectPublication(socket: Socket, order?: string): Promise<Answer> {
	const ended = Promise.withResolvers<void>();
	const answered = Promise.withResolvers<Answer>();
	let text = "";
	let isOpen = false;
	const timer = setTimeout(() => {
		answered.reject(new EngineError("unavailable", "hull-publish does not answer"));
		socket.destroy();
	}, answerTimeoutMs);
	socket.setEncoding("latin1");
	socket.on("error", () => undefined);
	socket.on("data", (chunk: string) => {
		if (isOpen) return;
		text += chunk;
		if (text.length > maxAnswerBytes) {
			socket.destroy();
			return;
		}
		const end = /^(ready (\d{1,10})|failed .*)\n$/m.exec(text.slice(-1024));
		if (end?.[2] === undefined) return;
		isOpen = true;
		answered.resolve(openAnswer(socket, { text, pid: Number(end[2]), ended: ended.promise }));
	});
	const over = () => {
		socket.destroy();
		ended.resolve();
		if (!isOpen) answered.resolve(parseFailure(text));
	};
	socket.on("end", over);
	socket.on("close", over);
	if (order !== undefined) socket.write(order);
	try {
		return await answered.promise;
	} finally {
		clearTimeout(timer);
	}
}

function openAnswer(
	socket: Socket,
	open: { readonly text: string; readonly pid: number; readonly ended: Promise<void> },
): Answer {
	const { text, pid, ended } = open;
	const stop = async () => {
		socket.write("s");
		// Only while the connection stands is the process id certainly its own.
		const timer = setTimeout(() => {
			if (!socket.destroyed) process.kill(pid, "SIGKILL");
		}, stopTimeoutMs);
		await ended;
		clearTimeout(timer);
	};
	const translated = translatedAddresses(text);
	const publication: Publication = {
		ports: parsePorts(text),
		ended,
		async stop() {
			if (!socket.destroyed) await stop();
			for (const address of translated) forgetTranslated(address);
		},
		close: () => {
			socket.removeAllListeners("end");
			socket.removeAllListeners("close");
			socket.destroy();
		},
	};
	return { kind: "open", publication };
}

/** The container's addresses that the kernel leads to: it remembers connections, also when no rule says so any more. */
function translatedAddresses(text: string): string[] {
	const [, ...addresses] = /^to nat ([0-9.]{7,15}|-) ([0-9a-f.:]{2,45}|-)$/m.exec(text) ?? [];
	return addresses.filter((address) => address !== "-");
}

function parsePorts(text: string): OpenPort[] {
	const lines = [...text.matchAll(/^bound (tcp|udp|sctp) ([0-9a-f.:]{2,45}) (\d{1,5}) (\d{1,5})$/gm)];
	return lines.map(([, protocol, hostAddress, hostPort, targetPort]) => ({
		protocol: protocol as PortProtocol,
		hostAddress: hostAddress!,
		hostPort: Number(hostPort),
		targetPort: Number(targetPort),
	}));
}

function parseFailure(text: string): Answer {
	const failure = /^failed (\d{1,4}) (\d{1,6}) (.{1,200})$/m.exec(text);
	if (failure === null) return { kind: "gone" };
	return { kind: "refused", errno: Number(failure[1]), line: Number(failure[2]), text: failure[3]! };
}
