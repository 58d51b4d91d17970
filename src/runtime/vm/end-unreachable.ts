import { inTime } from "../../lib/index.ts";
import type { TaskLocation } from "../contract.ts";
import { withQmp } from "./qmp/connect.ts";

/** Of a QEMU that stands, or is busy ending. */
const answerMs = 500;

/**
 * Ends a machine whose guest has closed its end of the link, and so can be asked for nothing. What its file system has
 * not written is lost, as with a computer that is turned off. One that has not and answers nothing all the same is the
 * supervisor's to end, which gives it time. Errors: none.
 */
export async function endUnreachable(location: TaskLocation): Promise<void> {
	const ended = withQmp(location, async (qmp) => {
		if (isCut(await qmp.execute("query-chardev"))) await qmp.execute("quit");
	});
	await inTime(ended, answerMs, `qemu of ${location.id}`).catch(() => undefined);
}

/** `query-chardev`: a list of `{"label", "frontend-open", …}`. */
export function isCut(devices: unknown): boolean {
	if (!Array.isArray(devices)) return false;
	const link = devices.find((device: unknown) => (device as { label?: unknown } | null)?.label === "link");
	return link?.["frontend-open"] === false;
}
