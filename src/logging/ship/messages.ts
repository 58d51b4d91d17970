import { createHash } from "node:crypto";
import type { Message } from "../drivers/message.ts";
import { bytesOfText, type LogEntry, parseLogEntry, timeOf } from "../files/entry.ts";

/** Makes messages of the lines of a container's log; knows which belong to one line that was cut. */
export function messageMaker(containerId: string): (line: string) => Message | undefined {
	/** Of each stream the line that has not ended: its time, which all its parts carry, and how many came. */
	const cut = new Map<string, { readonly time: string; parts: number }>();
	const partOf = (entry: LogEntry): Message["part"] => {
		const isEnd = entry.text.endsWith("\n");
		const known = cut.get(entry.stream);
		const open = known?.time === entry.time ? known : undefined;
		if (isEnd) cut.delete(entry.stream);
		if (open === undefined && isEnd) return undefined;
		const line = open ?? { time: entry.time, parts: 0 };
		line.parts++;
		if (!isEnd) cut.set(entry.stream, line);
		const id = createHash("sha256").update(`${containerId} ${entry.stream} ${entry.time}`).digest("hex");
		return { id, ordinal: line.parts, last: isEnd };
	};
	return (line) => {
		const entry = parseLogEntry(line);
		if (entry === undefined) return undefined;
		const text = entry.text.endsWith("\n") ? entry.text.slice(0, -1) : entry.text;
		return { stream: entry.stream, bytes: bytesOfText(text), time: timeOf(entry), part: partOf(entry) };
	};
}
