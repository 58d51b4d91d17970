import type { ResolvedUser, UserNamespace } from "../../runtime/index.ts";
import { type IdRanges, idsOfProcess } from "../../sys/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { donorOf } from "../lifecycle/open-sandbox.ts";
import { chooseUserNamespace } from "./choose.ts";
import type { Identity } from "./identity.ts";
import { outsideOf, ownIds } from "./ids.ts";

/** `undefined`: a container is who it is on the host. Errors: `unavailable`, and those of joining another container. */
export async function openIdentity(context: Context, container: Container): Promise<Identity | undefined> {
	const choice = chooseUserNamespace(context, container.record);
	const open = context.runtimes.process.openUserNamespace!;
	switch (choice.kind) {
		case "host":
			return undefined;
		case "own": {
			const ids = ownIds(context, container);
			return identity(await open({ ids }), ids);
		}
		case "remapped":
			return identity(await open({ ids: choice.ids }), choice.ids);
		case "container": {
			const donor = donorOf(context, `container:${choice.id}`, choice.what);
			const { task } = donor.run!;
			const ids = idsOfProcess(task.pid!);
			return ids === undefined ? undefined : identity(await open({ task }), ids);
		}
		default:
			return choice satisfies never;
	}
}

/** Of a container that runs, whatever it was started with. */
export async function identityOfRun(context: Context, { run }: Container): Promise<Identity | undefined> {
	const { task } = run!;
	const ids = idsOfProcess(task.pid!);
	if (ids === undefined) return undefined;
	return identity(await context.runtimes.process.openUserNamespace!({ task }), ids);
}

function identity(namespace: UserNamespace, ids: IdRanges): Identity {
	try {
		const root = { uid: outsideOf(ids.uids, 0, "user id"), gid: outsideOf(ids.gids, 0, "group id") };
		return {
			namespace,
			ids,
			owners: { userNamespace: namespace.fd, root },
			[Symbol.dispose]: () => namespace[Symbol.dispose](),
		};
	} catch (error) {
		namespace[Symbol.dispose]();
		throw error;
	}
}

/** Errors: `invalid_argument` when the user or a group of his is not there in the namespace. */
export function assertMapped({ uid, additionalGids, gid }: ResolvedUser, { uids, gids }: IdRanges): void {
	outsideOf(uids, uid, "user id");
	for (const group of [gid, ...additionalGids]) outsideOf(gids, group, "group id");
}
