	.text
	.inst 0xd503201f
	movz x3, #:abs_g0:symbol
	.inst 0xd503201f
