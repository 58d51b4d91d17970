import { closeSync, openSync } from "node:fs";
import { EngineError, errnoOf } from "../../lib/index.ts";
import { bringUpLoopback, type IdRanges, makeUserNamespace } from "../../sys/index.ts";
import type { Task, UserNamespace } from "../contract.ts";
import type { ProcessContext } from "./context.ts";

/** See `RuntimeDriver.openUserNamespace`. A network namespace comes with it, since both take a process to be made in. */
export async function openUserNamespace(
	context: ProcessContext,
	of: { readonly ids: IdRanges } | { readonly task: Task },
): Promise<UserNamespace> {
	const program = [context.options.shimPath, "--user-namespace"];
	const joined = "task" in of ? openOf(of.task) : undefined;
	try {
		const { user, network } = await makeUserNamespace(
			program,
			joined === undefined ? (of as { readonly ids: IdRanges }) : { joined },
		);
		bringUpLoopback(network);
		return held(user, network);
	} catch (error) {
		throw new EngineError("unavailable", `cannot make a user namespace: ${(error as Error).message}`, {
			cause: error,
		});
	} finally {
		if (joined !== undefined) closeSync(joined);
	}
}

function held(fd: number, network: number): UserNamespace {
	let untaken: number | undefined = network;
	const take = () => {
		const taken = untaken;
		untaken = undefined;
		return taken;
	};
	return {
		fd,
		takeNetwork() {
			const taken = take();
			if (taken === undefined) throw new Error("the network of a user namespace is taken already");
			return taken;
		},
		[Symbol.dispose]() {
			closeSync(fd);
			const left = take();
			if (left !== undefined) closeSync(left);
		},
	};
}

function openOf({ id, pid }: Task): number {
	try {
		return openSync(`/proc/${pid}/ns/user`, "r");
	} catch (error) {
		if (errnoOf(error) !== "ENOENT") throw error;
		throw new EngineError("conflict", `container ${id} is not running`, { cause: error });
	}
}
