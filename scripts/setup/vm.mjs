import {
	chmodSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { makeArchive } from "./cpio.mjs";
import { readVmlinux } from "./kernel-image.mjs";
import { orderModules } from "./kernel-modules.mjs";
import { root, run, say } from "./run.mjs";

const cache = `${root}node_modules/.cache/hull/vm`;
const vm = `${root}dist/vm`;
const parts = [
	"vmlinux",
	"initramfs.img",
	"shared-memory.so",
	"rehearsal.erofs",
	"rehearsal.ext4",
	"kernel.json",
];
const rehearsalDiskBytes = 64 * 2 ** 20;
const guest = `${root}native/build/hull-guest`;
const preload = `${root}native/build/shared-memory.so`;

/**
 * What the guest uses; what these depend on comes with them, what is built in is skipped. The checksum that erofs and
 * ext4 want goes first: they ask for it by a name that only modprobe knows.
 */
const modules = [
	...["crc32c_generic", "virtio_mmio", "virtio_console", "virtio_blk", "virtio_net", "virtio_balloon"],
	...["erofs", "overlay", "ext4", "9p", "9pnet_virtio"],
];

/**
 * Makes the guest's kernel and initramfs, `dist/vm/{vmlinux,initramfs.img,shared-memory.so,rehearsal.*,kernel.json}`: Debian's generic
 * kernel package, unpacked (never installed), its kernel uncompressed, hull-guest with the modules in the order they
 * load in, and what QEMU loads to share memory.
 * The package is kept in node_modules, so that it is downloaded once.
 */
export function buildVm() {
	const unpacked = unpackKernel();
	if (upToDate(unpacked)) return;
	say("building dist/vm");
	const version = readdirSync(`${unpacked}/lib/modules`)[0];
	const work = `${root}dist/vm.new`;
	rmSync(work, { recursive: true, force: true });
	mkdirSync(work, { recursive: true });
	writeFileSync(`${work}/vmlinux`, readVmlinux(`${unpacked}/boot/vmlinuz-${version}`));
	writeFileSync(`${work}/initramfs.img`, makeInitramfs(`${unpacked}/lib/modules/${version}`));
	copyFileSync(preload, `${work}/shared-memory.so`);
	makeRehearsal(work);
	writeFileSync(`${work}/kernel.json`, `${JSON.stringify({ version, source: packageOf(unpacked) })}\n`);
	// File by file: a virtual machine that starts meanwhile finds each of them whole.
	mkdirSync(vm, { recursive: true });
	for (const name of readdirSync(work)) renameSync(`${work}/${name}`, `${vm}/${name}`);
	rmSync(work, { recursive: true });
}

/** The folder with the unpacked package: one per package file, so that a newer kernel is another folder. */
function unpackKernel() {
	mkdirSync(cache, { recursive: true });
	const kept = readdirSync(cache).find((name) => name.startsWith("linux-image-"));
	if (kept !== undefined) return `${cache}/${kept}`;
	const work = mkdtempSync(`${cache}/unpack-`);
	// The generic kernel's package is empty but for the name of the newest one.
	const depends = run("apt-cache", ["depends", "--important", "linux-image-amd64"]);
	const name = /linux-image-[0-9][^\s]*-amd64/.exec(depends)?.[0];
	if (name === undefined) throw new Error("setup: apt knows no kernel package (linux-image-amd64)");
	say(`downloading ${name} for virtual machines`);
	run("apt-get", ["-o", "APT::Sandbox::User=root", "download", "-qq", name], { cwd: work });
	const file = readdirSync(work).find((entry) => entry.endsWith(".deb"));
	run("dpkg-deb", ["-x", `${work}/${file}`, `${work}/root`]);
	const unpacked = `${cache}/${file.slice(0, -".deb".length)}`;
	renameSync(`${work}/root`, unpacked);
	rmSync(work, { recursive: true });
	return unpacked;
}

function packageOf(unpacked) {
	return decodeURIComponent(unpacked.slice(unpacked.lastIndexOf("/") + 1));
}

function makeInitramfs(modulesFolder) {
	const ordered = orderModules(modulesFolder, modules);
	return makeArchive([
		{ path: "dev", mode: 0o40755 },
		{ path: "dev/console", mode: 0o20600, device: [5, 1] },
		{ path: "dev/null", mode: 0o20666, device: [1, 3] },
		{ path: "init", mode: 0o100755, bytes: readFileSync(guest) },
		{ path: "modules", mode: 0o40755 },
		// The names sort in the order of loading.
		...ordered.map(({ name, path }, index) => ({
			path: `modules/${String(index).padStart(2, "0")}-${name}`,
			mode: 0o100644,
			bytes: withoutSignature(readFileSync(path)),
		})),
	]);
}

const signatureMark = Buffer.from("~Module signature appended~\n");
/** Of the kernel's `struct module_signature`, which stands between signature and mark. */
const signatureInfoBytes = 12;

/**
 * The guest's kernel has no key to check a signature with (the list of keys is left out of its boot), and would compute
 * the digest of each module for nothing: a tenth of a cold start.
 */
function withoutSignature(module) {
	if (!module.subarray(-signatureMark.length).equals(signatureMark)) return module;
	const info = module.length - signatureMark.length - signatureInfoBytes;
	return module.subarray(0, info - module.readUInt32BE(info + signatureInfoBytes - 4));
}

/** A container's disks without a container: a layer with hull-guest as its program, and an empty upper disk. */
function makeRehearsal(work) {
	const tree = mkdtempSync(`${work}/rehearsal-`);
	chmodSync(tree, 0o755);
	for (const folder of ["dev", "etc", "proc", "sys"]) mkdirSync(`${tree}/${folder}`);
	copyFileSync(guest, `${tree}/rehearse`);
	chmodSync(`${tree}/rehearse`, 0o755);
	run("mkfs.erofs", ["--quiet", "-T0", `${work}/rehearsal.erofs`, tree]);
	rmSync(tree, { recursive: true });
	writeFileSync(`${work}/rehearsal.ext4`, "");
	truncateSync(`${work}/rehearsal.ext4`, rehearsalDiskBytes);
	const features = ["-m", "0", "-J", "size=8", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard"];
	run("mkfs.ext4", ["-q", "-F", "-b", "4096", ...features, `${work}/rehearsal.ext4`]);
}

function upToDate(unpacked) {
	if (!parts.every((name) => existsSync(`${vm}/${name}`))) return false;
	if (JSON.parse(readFileSync(`${vm}/kernel.json`, "utf8")).source !== packageOf(unpacked)) return false;
	const built = statSync(`${vm}/initramfs.img`).mtimeMs;
	const recipes = ["vm", "cpio", "kernel-image", "kernel-modules"].map(
		(name) => `${root}scripts/setup/${name}.mjs`,
	);
	return [guest, preload, ...recipes].every((file) => statSync(file).mtimeMs < built);
}
