/* Says whether there is a CAN interface of that name: `can-probe can0`. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char path[256];

	if (argc != 2) {
		fputs("usage: can-probe INTERFACE\n", stderr);
		return 2;
	}
	snprintf(path, sizeof path, "/sys/class/net/%s/can_bittiming", argv[1]);
	return access(path, F_OK) != 0;
}
