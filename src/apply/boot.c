#include "apply/boot.h"

#include "base/bytes.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_LEN  36 /* 8-4-4-4-12 hexadecimal digits */

int boot_id_read(char ret[BOOT_ID_MAX], struct error *e)
{
	struct bytes text CLEANUP(bytes_done) = { 0 };
	int fd CLEANUP(close_fdp) = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
	int r;

	r = fd < 0 ? -errno : bytes_read_fd(&text, fd, 256);
	if (r < 0)
		return error_errno(e, r, BOOT_ID_FILE, "cannot be read");
	if (text.len != BOOT_ID_LEN + 1 || strspn(text.data, "0123456789abcdef-") != BOOT_ID_LEN ||
	    text.data[BOOT_ID_LEN] != '\n')
		return error_set(e, -EBADMSG, ERROR_FAILED, BOOT_ID_FILE,
				 "does not hold the id of this boot; is /proc mounted?");
	memcpy(ret, text.data, BOOT_ID_LEN);
	ret[BOOT_ID_LEN] = '\0';
	return 0;
}
