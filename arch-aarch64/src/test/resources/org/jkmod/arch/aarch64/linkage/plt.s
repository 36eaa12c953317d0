// Branches to other sections, in reach and out of it: what the kernel makes stubs for, and in which order.
	.section .plt, "ax"
	.byte 0
	.section .init.plt, "ax"
	.byte 0
	.section .text.ftrace_trampoline, "ax"
	.byte 0
	.global afar, zfar, near
	.text
	bl zfar
	bl near
	bl afar
	b zfar
	bl zfar + 8
	bl zfar
	.section .init.text, "ax"
	bl afar
	bl afar
