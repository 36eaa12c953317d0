// What the kernel makes of plt.s. It sorts all branches but the last by type (JUMP26 before CALL26), symbol and addend, and gives each a
// stub of its own unless it is to where the one before it went. The stub of one that is not needed is there all the same.
	.macro stub target
	adrp x16, \target
	add x16, x16, :lo12:\target
	br x16
	.endm
	.global afar, zfar, near
	.section .plt, "ax"
slot0:	stub zfar
slot1:	stub afar
slot2:	stub zfar
slot3:	stub zfar + 8
slot4:	stub zfar
	.space 2 * 12
	.section .init.plt, "ax"
slot5:	stub afar
	stub afar
	.section .text.ftrace_trampoline, "ax"
	.space 12
	.text
	bl slot2
	bl near
	bl slot1
	b slot0
	bl slot3
	bl slot4
	.section .init.text, "ax"
	bl slot5
	bl slot5
