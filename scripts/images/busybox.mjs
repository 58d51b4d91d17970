import { spawnSync } from "node:child_process";
import {
	chmodSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Packs Debian's static busybox, with a link for each applet, as a root file system tar. Returns the tar's path. */
export function busyboxRootTar(path) {
	if (existsSync(path)) return path;
	mkdirSync(dirname(path), { recursive: true });
	const root = mkdtempSync(join(tmpdir(), "hull-busybox-"));
	// What users other than root may look into.
	chmodSync(root, 0o755);
	for (const folder of ["bin", "etc", "root", "tmp", "proc", "sys", "dev", "var"])
		mkdirSync(join(root, folder));
	copyFileSync("/bin/busybox", join(root, "bin/busybox"));
	const applets = spawnSync("/bin/busybox", ["--list"], { encoding: "utf8" }).stdout.trim().split("\n");
	for (const applet of applets.filter((name) => name !== "busybox"))
		symlinkSync("busybox", join(root, "bin", applet));
	writeFileSync(
		join(root, "etc/passwd"),
		"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
	);
	writeFileSync(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
	const partial = `${path}.partial`;
	const tar = spawnSync("tar", [
		"-C",
		root,
		"--owner=0",
		"--group=0",
		"--numeric-owner",
		"-cf",
		partial,
		".",
	]);
	rmSync(root, { recursive: true });
	if (tar.status !== 0) throw new Error(`tar: ${tar.stderr}`);
	renameSync(partial, path);
	return path;
}
