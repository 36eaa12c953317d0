# What the kernel makes of plt.s: stubs and entries in the order in which they are needed, used again for the same address.
	.option norelax
	.option norvc
	.macro stub label, entry
\label:	auipc t0, %pcrel_hi(\entry)
	ld t1, %pcrel_lo(\label)(t0)
	jr t1
	.endm
	.section .plt, "ax"
	stub slot0, entry0
	stub slot1, entry1
	.space 2 * 12
	.section .got, "aw"
got0:	.dword near
got1:	.dword far
	.space 8
	.section .got.plt, "aw"
entry0:	.dword far
entry1:	.dword other
	.space 2 * 8
	.text
	call slot0
	call near
	call slot1
	call slot0
1:	auipc a0, %pcrel_hi(got0)
	ld a0, %pcrel_lo(1b)(a0)
2:	auipc a1, %pcrel_hi(got1)
	ld a1, %pcrel_lo(2b)(a1)
3:	auipc a2, %pcrel_hi(got0)
	ld a2, %pcrel_lo(3b)(a2)
