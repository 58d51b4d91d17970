/**
 * What QEMU keeps when it shares folders: to act on their files as the users inside do. Without shared folders it
 * keeps nothing. CAP_DAC_READ_SEARCH is not among them: CAP_DAC_OVERRIDE reads all that is in the jail, and with the
 * other one open_by_handle_at(2) would reach every file of a shared folder's file system, outside of the jail too.
 */
export const shareCapabilities: readonly string[] = [
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_MKNOD",
];
