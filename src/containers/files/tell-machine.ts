import { inTime } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import type { ContainerRecord } from "../record/record.ts";

const answerMs = 10_000;

/**
 * A machine has a copy of the files that the engine gives it: when it runs, what has changed in one is changed there
 * too. A guest that does not do it is no reason for whatever changed the file to fail.
 */
export async function tellMachine(
	context: Context,
	record: ContainerRecord,
	file: { readonly target: string; readonly before: string; readonly after: string },
): Promise<void> {
	const container = context.registry.byId(record.id);
	const task = container?.run?.task;
	const change = differenceOf(file);
	if (task?.pid === undefined || change.drop.length + change.add.length === 0) return;
	const ask = async () => await task.changeLines(file.target, change);
	const asked = ask();
	const isPaused = container!.record.state.status === "paused";
	const told = (isPaused ? asked : inTime(asked, answerMs, `${file.target} of machine ${record.id}`)).catch(
		(error) =>
			context.log.warn("a machine's copy of a file was not changed", {
				container: record.id,
				file: file.target,
				error,
			}),
	);
	// One that stands takes note when it goes on.
	if (!isPaused) await told;
}

/** The lines that one text has more often than the other. */
function differenceOf({ before, after }: { readonly before: string; readonly after: string }) {
	const [former, present] = [linesOf(before), linesOf(after)];
	return { drop: without(former, present), add: without(present, former) };
}

function linesOf(text: string): string[] {
	return text.split("\n").filter((line) => line !== "");
}

function without(lines: readonly string[], others: readonly string[]): string[] {
	const left = [...others];
	return lines.filter((line) => {
		const index = left.indexOf(line);
		if (index < 0) return true;
		left.splice(index, 1);
		return false;
	});
}
