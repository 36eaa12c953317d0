/* ELF64, little-endian, relocation types above 255. */
	.macro	address value:vararg
	.8byte	\value
	.endm
	.include "common.s"

	.text
	.globl	init_module
	.type	init_module, @function
init_module:
	bl	external
	adrp	x0, external_32 - 1
	ldr	w1, [x0, :lo12:external_32 - 1]
	adr	x2, table
	ret
	.size	init_module, . - init_module
	.type	local_function, @function
local_function:
	b	grouped
	.size	local_function, . - local_function
