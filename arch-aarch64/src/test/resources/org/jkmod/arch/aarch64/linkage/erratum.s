// ADRP where the Cortex-A53 must not have it, and where it may be.
	.section .plt, "ax"
	.byte 0
	.section .init.plt, "ax"
	.byte 0
	.text
	.space 0xff8
	adrp x3, near
	adrp x4, far
	adrp x5, far
	.space 0xff4
	adrp x6, :pg_hi21_nc:near
