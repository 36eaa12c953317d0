	.text
	.inst 0xd503201f
	movz x3, #:abs_g1:symbol
	.inst 0xd503201f
