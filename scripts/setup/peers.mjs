import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { root, run, say } from "./run.mjs";

/** Debian packages whose programs the tests and benchmarks run, but whose services must not be installed here. */
const packages = ["docker.io", "containerd", "docker-registry"];
export const peersFolder = `${root}node_modules/.cache/hull/peers`;

/** Unpacks (never installs) the peers into `peersFolder`; their programs are in `usr/bin` and `usr/sbin` below it. */
export function unpackPeers() {
	if (existsSync(peersFolder)) return;
	say(`unpacking peers for tests: ${packages.join(" ")}`);
	mkdirSync(`${root}node_modules/.cache/hull`, { recursive: true });
	const work = mkdtempSync(`${root}node_modules/.cache/hull/unpack-`);
	// apt drops to its own user for downloads, which cannot write below /root.
	run("apt-get", ["-o", "APT::Sandbox::User=root", "download", "-qq", ...packages], { cwd: work });
	for (const file of readdirSync(work).filter((name) => name.endsWith(".deb")))
		run("dpkg-deb", ["-x", `${work}/${file}`, `${work}/root`]);
	renameSync(`${work}/root`, peersFolder);
	rmSync(work, { recursive: true });
}
