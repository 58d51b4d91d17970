/** A process inside of a network namespace that asks the name server there. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Question {
	readonly name?: string;
	readonly type?: string;
	readonly id?: number;
	readonly tcp?: boolean;
	/** What EDNS says that may come back. */
	readonly udpSize?: number;
	/** Bytes in hexadecimal digits, in place of all else. */
	readonly raw?: string;
	/** How long a silent server is waited for. */
	readonly waitMs?: number;
	/** Asks so many times, for the times alone. */
	readonly times?: number;
}

export interface Reply {
	readonly silent?: boolean;
	/** Something came that is no message. */
	readonly unreadable?: boolean;
	readonly id: number;
	readonly rcode: string;
	readonly cut: boolean;
	readonly length: number;
	readonly question: string | undefined;
	readonly answers: readonly { readonly type: string; readonly data: string; readonly ttl: number }[];
	readonly hasOpt: boolean;
	readonly ms: number;
	readonly times: readonly number[];
}

export interface Client extends AsyncDisposable {
	ask(question: Question): Promise<Reply>;
	/** The addresses of a name, sorted; the code of the answer when it is an error. */
	addresses(
		name: string,
		how?: { readonly type?: string; readonly waitMs?: number },
	): Promise<string[] | string>;
}

export async function startClient(namespaceFd: number): Promise<Client> {
	const program = new URL("client-program.mjs", import.meta.url).pathname;
	const child = spawn(
		"nsenter",
		[`--net=/proc/${process.pid}/fd/${namespaceFd}`, process.execPath, program],
		{
			stdio: ["pipe", "pipe", "inherit"],
		},
	);
	const waiting = new Map<number, PromiseWithResolvers<Reply>>();
	const waitFor = (key: number) => {
		const reply = Promise.withResolvers<Reply>();
		waiting.set(key, reply);
		return reply.promise;
	};
	const ready = waitFor(0);
	createInterface({ input: child.stdout }).on("line", (line) => {
		const reply = JSON.parse(line) as Reply & { key: number };
		waiting.get(reply.key)?.resolve(reply);
		waiting.delete(reply.key);
	});
	let last = 0;
	const ask: Client["ask"] = (question) => {
		last += 1;
		child.stdin.write(`${JSON.stringify({ ...question, key: last })}\n`);
		return waitFor(last);
	};
	await ready;
	return {
		ask,
		async addresses(name, how = {}) {
			const reply = await ask({ name, ...how });
			if (reply.silent) return "silent";
			return reply.rcode === "NOERROR" ? reply.answers.map(({ data }) => data).sort() : reply.rcode;
		},
		async [Symbol.asyncDispose]() {
			child.kill("SIGKILL");
			await new Promise((resolve) => child.once("close", resolve));
		},
	};
}
