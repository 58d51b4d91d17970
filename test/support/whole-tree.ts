import { execFileSync } from "node:child_process";
import {
	chmodSync,
	chownSync,
	linkSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** Everything that a backup has to bring back. */
export function fillTree(path: string): void {
	chownSync(path, 999, 998);
	chmodSync(path, 0o2750);
	writeFileSync(join(path, "plain"), "one\n");
	mkdirSync(join(path, "sub/deep"), { recursive: true });
	writeFileSync(join(path, "sub/owned"), "owned\n", { mode: 0o640 });
	chownSync(join(path, "sub/owned"), 7, 8);
	linkSync(join(path, "plain"), join(path, "sub/linked"));
	symlinkSync("../plain", join(path, "sub/symbolic"));
	writeFileSync(join(path, "sparse"), "x");
	truncateSync(join(path, "sparse"), 64 << 20);
	execFileSync("mkfifo", [join(path, "pipe")]);
	execFileSync("setfattr", ["-n", "user.note", "-v", "kept", join(path, "plain")]);
	execFileSync("touch", [
		"-d",
		"2020-02-03T04:05:06.789012345Z",
		join(path, "sub/owned"),
		join(path, "sub/deep"),
	]);
}

/** What a tree is, but for its place. */
export function describeTree(path: string): string[] {
	const links = new Map<number, string>();
	return ["", ...(readdirSync(path, { recursive: true }) as string[]).sort()].map((name) => {
		const full = join(path, name);
		const stat = lstatSync(full, { bigint: true });
		const first = stat.isDirectory() ? "" : (links.get(Number(stat.ino)) ?? name);
		links.set(Number(stat.ino), first);
		const text = stat.isFile() && stat.size < 1000n ? readFileSync(full, "utf8") : "";
		const attributes = execFileSync("getfattr", ["-h", "-d", "-m", "-", "--absolute-names", full], {
			encoding: "utf8",
		});
		const time = stat.isSymbolicLink() ? "" : stat.mtimeNs;
		const size = stat.isDirectory() ? "" : stat.size;
		return [
			name,
			stat.mode,
			stat.uid,
			stat.gid,
			size,
			time,
			first,
			text,
			attributes.split("\n").slice(1),
		].join(" ");
	});
}
