#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <termios.h>
#include <unistd.h>

#include "within.h"

int terminal_open(uint16_t columns, uint16_t rows, int *master)
{
	int unlock = 0;
	*master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*master < 0)
		*master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*master < 0 || ioctl(*master, TIOCSPTLCK, &unlock) < 0)
		return -1;
	struct winsize size = {.ws_col = columns, .ws_row = rows};
	if (columns || rows)
		ioctl(*master, TIOCSWINSZ, &size);
	return ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

void terminal_mount_console(int slave)
{
	char from[64];
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int console = within_make(root, "/dev/console", false);
	snprintf(from, sizeof from, "/proc/self/fd/%d", slave);
	if (console >= 0) {
		mount(from, within_path(console), NULL, MS_BIND, NULL);
		close(console);
	}
	close(root);
}

void terminal_control(int slave)
{
	ioctl(slave, TIOCSCTTY, 1);
}
