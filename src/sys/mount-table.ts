import { readFileSync } from "node:fs";

/**
 * Where something is mounted in this process's mount namespace, at the folder or below it, in the order of mounting.
 * https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
 */
export function mountsBelow(folder: string): string[] {
	return readFileSync("/proc/self/mountinfo", "utf8")
		.split("\n")
		.map((line) => decodeOctal(line.split(" ")[4] ?? ""))
		.filter((point) => point === folder || point.startsWith(`${folder}/`));
}

/** The table writes white space and backslashes in octal. */
function decodeOctal(path: string): string {
	return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
