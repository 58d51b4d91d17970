import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { root, run, say } from "./run.mjs";

/** Debian packages whose programs the tests and benchmarks run, but whose services must not be installed here. */
const packages = ["docker.io", "containerd", "docker-registry"];
/** Programs that Debian has from 13 on; statically linked but for libc, they run on 12. */
const newerPackages = ["cosign", "oras"];
/** Plugins of Docker's command line; unpacked apart, so that those above need not be fetched again. */
const pluginPackages = ["docker-buildx", "docker-compose"];
const newerRelease = "trixie";
const cache = `${root}node_modules/.cache/hull`;
export const peersFolder = `${cache}/peers`;
export const newerPeersFolder = `${cache}/peers-${newerRelease}`;
export const pluginsFolder = `${cache}/plugins-${newerRelease}`;

/**
 * Unpacks (never installs) the peers; their programs are in `usr/bin` and `usr/sbin` below the folders, plugins in
 * `usr/libexec/docker/cli-plugins`.
 */
export function unpackPeers() {
	unpackInto(peersFolder, packages, () => []);
	unpackInto(newerPeersFolder, newerPackages, newerSource);
	unpackInto(pluginsFolder, pluginPackages, newerSource);
}

/** @param aptOptions prepares apt in the folder that it is given, and gives the options for it. */
function unpackInto(folder, names, aptOptions) {
	if (existsSync(folder)) return;
	say(`unpacking peers for tests: ${names.join(" ")}`);
	mkdirSync(cache, { recursive: true });
	const work = mkdtempSync(`${cache}/unpack-`);
	// apt drops to its own user for downloads, which cannot write below /root.
	const options = ["-o", "APT::Sandbox::User=root", ...aptOptions(work)];
	run("apt-get", [...options, "download", "-qq", ...names], { cwd: work });
	for (const file of readdirSync(work).filter((name) => name.endsWith(".deb")))
		run("dpkg-deb", ["-x", `${work}/${file}`, `${work}/root`]);
	renameSync(`${work}/root`, folder);
	rmSync(work, { recursive: true });
}

/** A source of its own with lists of its own: the machine's apt does not hear of the other release. */
function newerSource(work) {
	const keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
	writeFileSync(
		`${work}/sources.list`,
		`deb [signed-by=${keys}] http://deb.debian.org/debian ${newerRelease} main\n`,
	);
	for (const folder of ["lists/partial", "cache/archives/partial"])
		mkdirSync(`${work}/${folder}`, { recursive: true });
	const options = {
		"Dir::Etc::SourceList": `${work}/sources.list`,
		"Dir::Etc::SourceParts": "-",
		"Dir::State::Lists": `${work}/lists`,
		"Dir::Cache": `${work}/cache`,
	};
	const list = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
	run("apt-get", ["-o", "APT::Sandbox::User=root", ...list, "update", "-qq"]);
	return list;
}
