import { randomBytes } from "node:crypto";
import type { Lease } from "../../store/index.ts";
import type { PreparedCopy } from "../contract.ts";
import type { CopyOperation } from "../graph/graph.ts";
import type { StepContext } from "./context.ts";
import type { StepResult } from "./result.ts";
import { seal } from "./seal.ts";

/** COPY and ADD: the files on top of the base; with `--link` a layer that stands on anything. */
export async function copyStep(
	context: StepContext,
	{ options }: CopyOperation,
	copy: {
		readonly prepared: PreparedCopy;
		readonly base: StepResult;
		readonly lease: Lease;
		readonly signal: AbortSignal;
	},
): Promise<StepResult> {
	const { snapshots, latestTime } = context;
	const { prepared, base, lease, signal } = copy;
	const key = randomBytes(32).toString("hex");
	await using undo = new AsyncDisposableStack();
	await snapshots.prepare(key, options.link ? undefined : base.chainId);
	undo.defer(() => snapshots.remove(key));
	const mounts = snapshots.mounts(key, { volatile: true });
	await prepared.into(
		{
			root: { kind: "mounts", mounts },
			...(latestTime === undefined ? {} : { sourceDateEpoch: latestTime }),
		},
		signal,
	);
	return await seal(context, { key, base, isLinked: options.link, mountPoints: [], lease, signal });
}
