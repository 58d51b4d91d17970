/**
 * What QEMU keeps when it shares folders: to act on their files as the users inside do. Without shared folders it
 * keeps nothing.
 */
export const shareCapabilities: readonly string[] = [
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_MKNOD",
];
