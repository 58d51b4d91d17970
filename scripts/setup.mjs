/**
 * `npm run setup`: everything Hull needs on a fresh Debian 12, then the executable: `dist/hull`, `dist/hulld` (the same
 * program), `dist/hull-shim`, and the kernel of virtual machines, `dist/vm`. Each step is skipped when its result is
 * there. `--test` and `--bench` add what the tests and benchmarks need.
 */
import { installDebianPackages } from "./setup/debian.mjs";
import { buildExecutable } from "./setup/executable.mjs";
import { buildNative } from "./setup/native.mjs";
import { installNpmPackages } from "./setup/npm.mjs";
import { unpackPeers } from "./setup/peers.mjs";
import { buildVm } from "./setup/vm.mjs";

const engine = ["crun", "runc", "tini", "nftables", "procps", "gcc", "make", "libc6-dev", "musl-tools"];
const machines = ["qemu-system-x86", "erofs-utils", "e2fsprogs", "xz-utils"];
const demo = ["busybox-static", "mmdebstrap"];
const test = [
	"skopeo",
	"umoci",
	"zstd",
	"xz-utils",
	"bzip2",
	"attr",
	"btrfs-progs",
	"libcap2-bin",
	"iproute2",
	"python3",
	"e2fsprogs",
	"docker-compose",
	"git",
	"openssl",
	"openssh-client",
];
const bench = ["hyperfine", "podman", "iptables", "skopeo", "iperf3"];

const wants = (flag) => process.argv.includes(flag);
if (process.getuid() !== 0) {
	console.error("setup: must run as root (it installs Debian packages)");
	process.exit(1);
}
installDebianPackages([
	...engine,
	...machines,
	...demo,
	...(wants("--test") ? test : []),
	...(wants("--bench") ? bench : []),
]);
installNpmPackages();
if (wants("--test") || wants("--bench")) unpackPeers();
buildNative();
buildVm();
buildExecutable();
