import type { MachineSize } from "./machine-size.ts";

/** Where things are in the jail that QEMU runs in. */
export const jailPaths = {
	kernel: "/vm/vmlinux",
	initramfs: "/vm/initramfs.img",
	layers: "/disks/layers.vmdk",
	upper: "/disks/upper.ext4",
	shared: "/shared",
	rehearsalLayers: "/rehearsal/layers.erofs",
	rehearsalUpper: "/rehearsal/upper.ext4",
	/** Known by this name to `native/preload/shared_memory.c` as well. */
	templateMemory: "/template/memory",
	sharedMemory: "/vm/shared-memory.so",
} as const;

/** Network cards of a machine; those that no tap stands behind are on a hub of their own. */
export const cardCount = 4;

/** `rehearsal`: nobody's, to be exchanged for a container's. */
export type MachineDisks =
	| "rehearsal"
	| {
			/** False: an empty disk stands there. */
			readonly layers: boolean;
			/** `volatile`: nothing of it is ever synced. */
			readonly upper: "none" | "durable" | "volatile";
	  };

export interface MachineOptions {
	readonly size: MachineSize;
	readonly accelerator: "kvm" | "tcg";
	/** Frequency of the host's time stamp counter, without which some boots by TCG hang. */
	readonly tscKhz: number;
	/** Taps behind the first cards. */
	readonly taps: number;
	readonly disks: MachineDisks;
	/**
	 * `boot`: the kernel is loaded. `template`: so too, its memory in a file, to be frozen. `restore`: the memory of a
	 * template, changes to which stay private; it waits for `migrate-incoming`. `load`: it waits too, its memory becomes
	 * that of a template.
	 */
	readonly start: "boot" | "template" | "restore" | "load";
}

/**
 * QEMU's arguments: a microvm whose devices are on the buses that `docs/decisions/0100-vm-hull.md` lists. `{link}`,
 * `{console}`, `{qmp}` and `{tap0}`… are descriptors that the supervisor fills in. What a template and those that are
 * restored from it differ in is what QEMU's migration lets them: disks' and cards' back ends, and whose memory it is.
 */
export function qemuArguments(options: MachineOptions): string[] {
	return [
		...["-nodefaults", "-no-user-config", "-nographic", "-no-reboot"],
		...["-name", "hull,debug-threads=off"],
		...["-M", "microvm,acpi=on,pit=on,pic=on,rtc=on,isa-serial=off,memory-backend=ram"],
		...["-accel", options.accelerator === "kvm" ? "kvm" : `tcg,tb-size=${translationCacheMib(options.size)}`],
		...["-cpu", options.accelerator === "kvm" ? "host" : "max"],
		...["-smp", String(options.size.cpus), "-m", `${options.size.memoryBytes / 2 ** 20}M`],
		...["-object", memory(options)],
		...["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"],
		...(options.start === "restore" || options.start === "load" ? ["-incoming", "defer"] : kernel(options)),
		...channels(),
		...disks(options.disks),
		...["-fsdev", `local,id=shared,path=${jailPaths.shared},security_model=passthrough,multidevs=remap`],
		...["-device", "virtio-9p-device,fsdev=shared,mount_tag=shared,bus=virtio-mmio-bus.4"],
		...["-object", "rng-random,id=rng,filename=/dev/urandom"],
		...["-device", "virtio-rng-device,rng=rng,bus=virtio-mmio-bus.5"],
		...["-device", "virtio-balloon-device,id=balloon,free-page-reporting=on,bus=virtio-mmio-bus.6"],
		...cards(options.taps),
	];
}

/** For translated code: it fills up soon, so a small machine gets a small one. MiB. */
function translationCacheMib({ memoryBytes }: MachineSize): number {
	return Math.min(128, Math.floor(memoryBytes / 10 / 2 ** 20));
}

function memory({ size, start }: MachineOptions): string {
	const common = `id=ram,size=${size.memoryBytes}`;
	switch (start) {
		case "boot":
			// Not a memfd: reading a page of one that was never written takes memory, and a save reads all of them.
			return `memory-backend-ram,${common}`;
		case "template":
		case "load":
			return `memory-backend-file,${common},mem-path=${jailPaths.templateMemory},share=on`;
		case "restore":
			return `memory-backend-file,${common},mem-path=${jailPaths.templateMemory},share=off`;
		default:
			return start satisfies never;
	}
}

/** Parts of Debian's kernel that cost a start time and that no container needs. */
const skippedInitcalls = [
	"load_system_certificate_list",
	"init_kprobe_trace",
	"dquot_init",
	"crypto_kdf108_init",
	"init_ima",
	"init_evm",
	"snapshot_device_init",
].join(",");

function kernel(options: MachineOptions): string[] {
	const words = [
		"quiet",
		"console=hvc0",
		...(options.accelerator === "tcg" ? [`tsc_early_khz=${options.tscKhz}`, "no_timer_check"] : []),
		"tsc=reliable",
		...(options.accelerator === "tcg" ? ["mitigations=off"] : []),
		"cryptomgr.notests=1",
		"lsm=",
		"audit=0",
		"reboot=t",
		"panic=-1",
		`initcall_blacklist=${skippedInitcalls}`,
		...(options.start === "template" ? ["hull.template=1"] : []),
	];
	return ["-kernel", jailPaths.kernel, "-initrd", jailPaths.initramfs, "-append", words.join(" ")];
}

function channels(): string[] {
	return [
		...["-chardev", "socket,id=qmp,fd={qmp},server=on,wait=off", "-mon", "chardev=qmp,mode=control"],
		...["-chardev", "socket,id=console,fd={console}"],
		...["-chardev", "socket,id=link,fd={link}"],
		...["-device", "virtio-serial-device,bus=virtio-mmio-bus.1"],
		...["-device", "virtconsole,chardev=console"],
		...["-device", "virtserialport,chardev=link,name=hull.0"],
	];
}

function disks(options: MachineDisks): string[] {
	const [layersBackend, upperBackend] = options === "rehearsal" ? rehearsalDisks() : ownDisks(options);
	return [
		...["-blockdev", layersBackend],
		...["-device", "virtio-blk-device,id=layers,drive=layers,serial=layers,bus=virtio-mmio-bus.2"],
		...["-blockdev", upperBackend],
		...["-device", "virtio-blk-device,id=upper,drive=upper,serial=upper,bus=virtio-mmio-bus.3"],
	];
}

function rehearsalDisks(): [layers: string, upper: string] {
	return [
		"driver=raw,node-name=layers,read-only=on,file.driver=file,file.read-only=on," +
			`file.filename=${jailPaths.rehearsalLayers},file.locking=off`,
		"driver=raw,node-name=upper,discard=unmap,file.driver=file,file.discard=unmap,file.cache.no-flush=on," +
			`file.filename=${jailPaths.rehearsalUpper}`,
	];
}

function ownDisks({ layers, upper }: Exclude<MachineDisks, "rehearsal">): [layers: string, upper: string] {
	const layersBackend = layers
		? // By way of a node of its own: what stands behind it can be exchanged (see save/layers-away.ts).
			"driver=raw,node-name=layers,read-only=on,file.driver=vmdk,file.read-only=on," +
			`file.file.driver=file,file.file.filename=${jailPaths.layers},file.file.locking=off`
		: "driver=null-co,node-name=layers,read-only=on,size=1048576,read-zeroes=on";
	const cache = `cache.no-flush=${upper === "volatile" ? "on" : "off"}`;
	const upperBackend =
		upper === "none"
			? "driver=null-co,node-name=upper,size=1048576,read-zeroes=on"
			: `driver=raw,node-name=upper,discard=unmap,${cache},` +
				`file.driver=file,file.filename=${jailPaths.upper},file.discard=unmap`;
	return [layersBackend, upperBackend];
}

function cards(taps: number): string[] {
	return Array.from({ length: cardCount }, (_, card) => {
		const backend = card < taps ? `tap,id=net${card},fd={tap${card}}` : `hubport,id=net${card},hubid=${card}`;
		const mac = `02:00:00:00:00:0${card}`;
		const device = `virtio-net-device,netdev=net${card},mac=${mac},bus=virtio-mmio-bus.${7 + card}`;
		return ["-netdev", backend, "-device", device];
	}).flat();
}
